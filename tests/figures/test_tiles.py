"""Places as tiles: each has one of its own, near where it lies, whatever the places are and in whatever order."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from iapt_report.figures.tiles import CORNERS, Tile, layout
from iapt_report.reference.boundaries import Boundaries
from iapt_report.reference.deprivation import sets_of_boundaries
from iapt_report.reference.places import centres, london

PLACES = st.dictionaries(
    st.text(min_size=1, max_size=3),
    st.tuples(st.floats(90_000, 655_000), st.floats(10_000, 655_000)),
    max_size=40,
)


def places_of(boundaries: Boundaries) -> dict[str, tuple[float, float]]:
    return {code: (centre.easting, centre.northing) for code, centre in centres(boundaries).items()}


@settings(max_examples=40, deadline=None)
@given(PLACES, st.randoms())
def test_each_place_has_one_tile_and_no_two_the_same_in_whatever_order(
    places: dict[str, tuple[float, float]], random: object
) -> None:
    laid = layout(places)
    assert laid.keys() == places.keys()
    assert max(Counter(laid.values()).values(), default=1) == 1
    assert all(tile.half_column % 2 == tile.row % 2 for tile in laid.values()), "on the grid"
    names = list(places)
    random.shuffle(names)  # type: ignore[attr-defined]
    assert layout({name: places[name] for name in names}) == laid


def test_places_at_one_point_have_tiles_beside_one_another() -> None:
    laid = layout(dict.fromkeys("abcdefg", (530_000.0, 180_000.0)))
    assert len(set(laid.values())) == 7
    assert max(pdist([tile.middle for tile in laid.values()])) == pytest.approx(2)


@pytest.mark.parametrize("boundaries", sets_of_boundaries(), ids=lambda one: one.words)
def test_the_map_of_every_set_of_boundaries_is_like_the_country(boundaries: Boundaries) -> None:
    places = places_of(boundaries)
    laid = layout(places)
    assert len(set(laid.values())) == len(places)
    true, drawn = (pdist(np.array(at)) for at in (list(places.values()), [laid[c].middle for c in places]))
    assert spearmanr(true, drawn).statistic > 0.85, "what is far apart there is far apart here"
    nearest = np.argsort(squareform(true) + np.diag(np.full(len(places), np.inf)), axis=1)[:, 0]
    steps = squareform(drawn)[np.arange(len(places)), nearest]
    assert (steps < 1.01).mean() > 0.6, "most have their nearest neighbour beside them"
    assert (steps < 2.01).mean() > 0.9
    tiles = set(laid.values())
    holes = {beside for tile in tiles for beside in tile.neighbours} - tiles
    enclosed = [hole for hole in holes if all(beside in tiles for beside in hole.neighbours)]
    assert len(enclosed) <= 0.03 * len(tiles), "the country has few holes"


def test_london_is_one_piece_in_the_south_east() -> None:
    laid = layout(places_of(Boundaries(2019, "ccg")))
    inside = {tile for code, tile in laid.items() if code in london()}
    assert len(inside) == 32
    reached, edge = set[Tile](), {min(inside)}
    while edge:
        reached |= edge
        edge = {beside for tile in edge for beside in tile.neighbours if beside in inside} - reached
    assert reached == inside
    middle = np.mean([tile.middle for tile in laid.values()], axis=0)
    own = np.mean([tile.middle for tile in inside], axis=0)
    assert own[0] > middle[0]
    assert own[1] < middle[1]


def test_two_hundred_areas_are_laid_out_while_a_reader_waits(record_property: object) -> None:
    start = time.perf_counter()
    layout(places_of(Boundaries(2015, "ccg")))
    record_property("Seconds to lay out the map of 209 areas", time.perf_counter() - start)  # type: ignore[operator]


def test_sides_are_shared_with_the_neighbours_they_are_named_for() -> None:
    """The nth side of a tile, from its nth corner on, is one of the tile that is its nth neighbour."""
    tile = Tile(2, 4)
    for i, beside in enumerate(tile.neighbours):
        (x, y), (u, v) = tile.middle, beside.middle
        for corner in (CORNERS[i], CORNERS[(i + 1) % 6]):
            at = (x + corner[0], y + corner[1])
            assert any(at == pytest.approx((u + a, v + b)) for a, b in CORNERS)
