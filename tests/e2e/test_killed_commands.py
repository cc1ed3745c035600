"""Some of the points of `make kill`: commands that are killed, and what the next run makes of it."""

from __future__ import annotations

import random
import signal
from typing import TYPE_CHECKING

import pytest

from kill.killing import Point, Scene, Worker, points_of, problems, scenes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")

SEED = 17
POINTS = {"init": 4, "import": 8}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Scene], Worker]]:
    with scenes(tmp_path_factory.mktemp("killed"), tuple(POINTS)) as (found, worker):
        yield {scene.command: scene for scene in found}, worker


@pytest.mark.parametrize("command", POINTS)
def test_after_a_kill_the_next_run_gives_what_one_that_was_not_killed_gives(
    prepared: tuple[dict[str, Scene], Worker], command: str
) -> None:
    found, worker = prepared
    scene = found[command]
    for point in points_of(scene, POINTS[command], random.Random(SEED)):
        assert problems(scene, point, worker) == [], str(point)


def test_the_killer_sees_what_is_not_as_it_should_be(prepared: tuple[dict[str, Scene], Worker]) -> None:
    found, worker = prepared
    scene = found["import"]
    other = Scene(scene.command, scene.start, scene.changes, scene.seconds, {**scene.whole, "a note": b"mine"})
    assert problems(other, Point("import", signal.SIGKILL, scene.changes // 2), worker) == ["lost: a note"]
