"""Several documents in one pandoc, which reads each once and writes it for a page and for print.

A pandoc for each document and format reads every document, its citations and its templates several times, and takes
twice as long. What this one refuses or warns of is left to such a call, which says what is wrong.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLongError
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from iapt_report.render import pandoc
from iapt_report.system import environment, programs
from iapt_report.system.converter import pandoc_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Kind = Literal["html", "pdf"]
_SCRIPT = Path(__file__).parent / "together.lua"


@dataclass(frozen=True)
class Wanted:
    """A document that is to be written.

    Parameters
    ----------
    document : Path
        The ``.qmd`` file.
    kinds : mapping of {"html", "pdf"} to sequence of Path
        The filters that follow the citations in each format; of a PDF, typst's source is written.
    raised : bool
        Whether its sections move up by a level in print.
    lacking : sequence of str
        The files that its page must not lead to.
    """

    document: Path
    kinds: Mapping[Kind, Sequence[Path]]
    raised: bool
    lacking: Sequence[str]


@dataclass(frozen=True)
class Texts:
    """What one pandoc writes of several documents, while it goes on."""

    _awaited: dict[tuple[Path, Kind], Future[str | None]] = field(default_factory=dict)

    def of(self, document: Path, kind: Kind) -> str | None:
        """Wait for a text; None where it was not asked for, or is left to a call of its own, which says why."""
        awaited = self._awaited.get((document, kind))
        if awaited is None:
            return None
        try:
            return awaited.result(pandoc.SECONDS)
        except TooLongError:
            return None


NOTHING = Texts()


@contextmanager
def written(
    wanted: Sequence[Wanted],
    folder: Path,
    head: str,
    all_reports: str,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Texts]:
    """Let one pandoc write documents while the block is at work with those that are there already.

    Parameters
    ----------
    wanted : sequence of Wanted
    folder : Path
        Where the engine's filter and templates stand, as `iapt_report.render.embedded.lay_out` puts them there.
    head : str
        HTML for the head of each page.
    all_reports : str
        The address of the index that a page leads to; empty without one.
    meanwhile : callable, optional
        What is done before the block, while pandoc is at work with all that does not rest on figures. Once it returns,
        they must be there.
    """
    texts = Texts({(one.document, kind): Future() for one in wanted for kind in one.kinds})
    with tempfile.TemporaryDirectory() as place:
        targets = {key: Path(place) / f"{n}.txt" for n, key in enumerate(texts._awaited)}
        order = {
            "folder": str(folder),
            "head": head,
            **({"all-reports": all_reports} if all_reports else {}),
            "documents": [_order(one, targets) for one in wanted],
        }
        (Path(place) / "order.json").write_text(json.dumps(order), "utf-8")
        with (Path(place) / "said.txt").open("w+b") as said:
            process = programs.Running(
                [pandoc_program(), "lua", str(_SCRIPT), str(Path(place) / "order.json")],
                stdout=subprocess.PIPE,
                stderr=said,
                stdin=subprocess.PIPE,
                env=environment.of_child(),
                encoding="utf-8",
            )
            keys = {str(target): key for key, target in targets.items()}
            listening = threading.Thread(target=_listen, args=(process, keys, texts, Path(said.name)), daemon=True)
            listening.start()
            try:
                meanwhile()
                assert process.stdin is not None  # noqa: S101 - it was asked for
                process.stdin.close()
                yield texts
            finally:
                process.kill()
                listening.join()
                process.wait()


def _order(one: Wanted, targets: Mapping[tuple[Path, Kind], Path]) -> dict[str, object]:
    return {
        "home": str(one.document.parent),
        "name": one.document.name,
        "lacking": list(one.lacking),
        "outputs": [
            {
                "kind": kind,
                "target": str(targets[one.document, kind]),
                "filters": [str(path) for path in filters],
                "raised": kind == "pdf" and one.raised,
            }
            for kind, filters in one.kinds.items()
        ],
    }


def _listen(process: subprocess.Popen[str], keys: Mapping[str, tuple[Path, Kind]], texts: Texts, said: Path) -> None:
    """Hand on each text as it is written; none after a word of complaint, which may be of it."""
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        for line in process.stdout:
            if said.stat().st_size:
                break
            target = line.rstrip("\n")
            texts._awaited[keys[target]].set_result(Path(target).read_text("utf-8"))
    finally:
        for awaited in texts._awaited.values():
            if not awaited.done():
                awaited.set_result(None)
