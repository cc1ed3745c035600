"""The map: a tile an area, coloured by its distance from what is expected; none where nobody knows the place."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import lxml.etree
import numpy as np
import pytest
from PIL import Image, ImageColor

from conftest import ROOT, areas_from, some_rows
from iapt_report.analysis.facts import DeprivationUsed
from iapt_report.analysis.study import analyse
from iapt_report.areas.rates import is_below
from iapt_report.documents.area_text import texts
from iapt_report.documents.page import document_text
from iapt_report.figures import area_on_map, images, tile_map
from iapt_report.figures.points import TILES
from iapt_report.reference.boundaries import Boundaries
from iapt_report.reference.places import centres, lying
from iapt_report.words import numbers
from iapt_report.workspace.paper import Paper

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results

pytestmark = pytest.mark.usefixtures("drawn_anew")
SVG = "{http://www.w3.org/2000/svg}"
# Machado, Oliveira and Fernandes 2009, severity 1.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)


def lightness(colour: str) -> float:
    """Return CIE L* of a colour, 0 to 100: how light it is in grey."""
    y = float(linear(colour) @ [0.2126, 0.7152, 0.0722])
    return float(116 * y ** (1 / 3) - 16)


def linear(colour: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    channels = np.array(ImageColor.getrgb(colour)[:3]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def moved(results: Results, **facts: object) -> Results:
    """Say of results what they would be of another kind of area or period."""
    return results.model_copy(
        update={
            "period": results.period.model_copy(update={"synthetic": facts.get("synthetic", False)}),
            "provenance": results.provenance.model_copy(
                update={
                    "area_type": facts.get("area_type", results.provenance.area_type),
                    "deprivation": facts.get("deprivation"),
                }
            ),
        }
    )


def with_codes(results: Results, codes: list[str]) -> Results:
    areas = [a.model_copy(update={"area_code": code}) for a, code in zip(results.areas, codes, strict=False)]
    return results.model_copy(update={"areas": tuple(areas)})


def drawn_tiles(results: Results) -> list[tuple[str, str]]:
    """Read the colour of each tile that says something, and what it says."""
    svg = images.as_svg(tile_map.tile_map(results), tile_map.tile_points(results), TILES)
    paths = [path for path in lxml.etree.fromstring(svg).iter(f"{SVG}path") if path.find(f"{SVG}title") is not None]
    return [(re.search("fill: (#[0-9a-f]{6})", p.get("style"))[1], p.findtext(f"{SVG}title")) for p in paths]  # type: ignore[index]


def test_lightness_alone_has_the_colours_in_order_from_above_to_below() -> None:
    light = [lightness(colour) for colour in tile_map.COLOURS]
    assert all(lighter - darker > 8 for lighter, darker in itertools.pairwise(light)), light


@pytest.mark.parametrize("seen", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["usual", "deuteranopia", "protanopia"])
def test_below_and_above_are_told_apart_by_every_colour_vision(
    seen: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    # How much more blue than red there is in what is seen.
    blueness = [float((shone := seen @ linear(colour))[2] / shone[0]) for colour in tile_map.COLOURS]
    assert min(blueness[:3]) > 1.1, "blue above"
    assert max(blueness[3:]) < 0.5, "orange below"


def test_each_area_is_a_tile_of_its_colour_that_says_its_figures(located: Results) -> None:
    found = tile_map.placed(located)
    assert found is not None
    assert found.lacking == ()
    step = tile_map.step_of(located.areas)
    tiles = drawn_tiles(located)
    assert len(tiles) == len(located.areas) == 189
    for (colour, title), (area, _) in zip(tiles, found.analysed, strict=True):
        assert title.startswith(f"{area.area_name}: recovery rate {numbers.percent(area.recovery_rate)}, rate expected")
        assert colour == tile_map.COLOURS[tile_map.class_of(area, step)], title
        below = is_below(area.recovery_rate, area.adjusted_rate)
        assert (colour in tile_map.COLOURS[3:]) == below, title
    assert Counter(area.area_code for area, _ in found.analysed) == Counter(a.area_code for a in located.areas)


def test_areas_below_a_benchmark_are_marked_by_shape_too(located: Results) -> None:
    both = sum(area.below_adjusted and area.below_national for area in located.areas)
    marked = {
        "Below both benchmarks": both,
        "Below the adjusted benchmark only": located.classification.below_adjusted.n - both,
    }
    assert marks_of(located) == marked, "a group that is empty has no mark"
    first, *rest = sorted(located.areas, key=lambda area: not area.below_national)
    cleared = first.model_copy(update={"below_adjusted": False})
    alone = located.model_copy(update={"areas": (cleared, *rest)})
    marked |= {"Below both benchmarks": both - 1, "Below the national standard only": 1}
    assert marks_of(alone) == marked


def marks_of(results: Results) -> Counter[str]:
    layers = tile_map.tile_map(results).layers
    return Counter(next(layer._data for layer in layers if type(layer.geom).__name__ == "geom_point")["mark"])


def test_the_scale_has_all_but_a_tenth_within_its_inner_classes(located: Results) -> None:
    step = tile_map.step_of(located.areas)
    assert step == 5
    beyond = [area for area in located.areas if tile_map.class_of(area, step) in {0, 5}]
    assert 0 < len(beyond) <= 0.1 * len(located.areas)
    assert tile_map.class_names(1)[2:4] == ("Up to 1 point above", "Up to 1 point below")


def test_the_keyboard_goes_from_north_to_south(located: Results) -> None:
    svg = images.as_svg(tile_map.tile_map(located), tile_map.tile_points(located), TILES).decode("utf-8")
    held = json.loads(re.search(r'<metadata id="iapt-points">([^<]*)</metadata>', svg)[1])  # type: ignore[index]
    assert held["order"] == "Areas, from north to south"
    heights = [y for _, y, *_ in held["points"]]
    assert heights == sorted(heights)
    assert "Northumberland" in held["points"][0][3]
    assert {round(radius, 1) for _, _, radius, *_ in held["points"]} == {round(held["points"][0][2], 1)}, "one size"


def test_the_description_follows_the_numbers(located: Results) -> None:
    alt = tile_map.tile_map_alt(located)
    below = sum(is_below(area.recovery_rate, area.adjusted_rate) for area in located.areas)
    assert f"lower than expected for its deprivation in {below} of the 189 areas" in alt
    counts = [int(n) for n in re.findall(r"(\d+) of the \d+ areas", alt)]
    assert counts[0] == counts[1] + counts[2], "London and elsewhere add up"
    assert "of the 32 areas" in alt
    assert "NHS Leeds CCG (19.5 below)" in alt
    assert "Empty: two areas not analysed." in tile_map.caption(located)


def test_the_same_results_draw_the_same_map_in_grey_as_in_colour(located: Results) -> None:
    first, again = (images.as_svg(tile_map.tile_map(located)) for _ in range(2))
    assert first == again
    out = io.BytesIO()
    tile_map.tile_map(located).save(out, format="png", dpi=60, verbose=False, facecolor="white")
    with Image.open(out) as image:
        grey = image.convert("RGB").convert("L")
        shades = {grey.getpixel((x, y)) for x in range(grey.width) for y in range(grey.height)}
    for colour in tile_map.COLOURS:
        red, green, blue = ImageColor.getrgb(colour)[:3]
        assert round(0.299 * red + 0.587 * green + 0.114 * blue) in {s + d for s in shades for d in (-1, 0, 1)}, colour  # type: ignore[operator]


@pytest.mark.parametrize(
    "results",
    [
        pytest.param("reference", id="synthetic quarter"),
        pytest.param("made up", id="codes that nobody knows"),
        pytest.param("provider", id="providers"),
        pytest.param("invented", id="invented areas with real codes"),
    ],
)
def test_without_places_no_map_is_drawn_and_nothing_is_said(results: str, reference: Results, located: Results) -> None:
    own = {
        "reference": reference,
        "made up": analyse(
            areas_from(some_rows(20), "2019-20", synthetic=False, area_type="clinical commissioning group")
        ),
        "provider": moved(located, area_type="provider of talking therapies"),
        "invented": moved(located, synthetic=True),
    }[results]
    assert tile_map.placed(own) is None
    assert tile_map.tile_map(own) is None
    assert tile_map.tile_points(own) == ()
    assert (tile_map.tile_map_alt(own), tile_map.caption(own)) == ("", "")
    for name in ("brief", "supplement"):
        text = document_text(name, own, ROOT / "templates", Paper())
        assert "figure-map" not in text
        assert "here areas lie" not in text


@pytest.mark.parametrize("boundaries", [(2015, "ccg"), (2021, "ccg"), (2022, "subicb"), (2024, "icb")])
def test_areas_of_any_boundaries_have_a_map(boundaries: tuple[int, str], reference: Results) -> None:
    within = Boundaries(*boundaries)
    used = DeprivationUsed(
        edition=2019, publisher="x", published=date(2019, 9, 26), level=within.level, boundaries=within.year,
        boundaries_publisher="x",
    )  # fmt: skip
    codes = sorted(centres(within))[: len(reference.areas)]
    found = tile_map.placed(with_codes(moved(reference, deprivation=used), codes))
    assert found is not None
    assert len({tile for _, tile in found.analysed}) == len(codes)
    assert found.others == ()


def test_a_few_areas_whose_place_is_not_known_are_named_and_the_others_drawn(located: Results) -> None:
    codes = [area.area_code for area in located.areas]
    name = "A *new* area"
    areas = list(located.areas)
    areas[3] = areas[3].model_copy(update={"area_code": "ZZZ", "area_name": name})
    own = located.model_copy(update={"areas": tuple(areas)})
    found = tile_map.placed(own)
    assert found is not None
    assert found.lacking == (name,)
    assert len(found.analysed) == len(codes) - 1
    assert r"Where A \*new\* area lies is not known." in tile_map.caption(own)
    assert len(drawn_tiles(own)) == len(codes) - 1


def test_an_area_that_is_not_within_its_boundaries_lies_where_it_last_was() -> None:
    now, then = centres(Boundaries(2021, "ccg")), centres(Boundaries(2015, "ccg"))
    gone = next(code for code in sorted(then) if code not in now)
    kept = next(iter(now))
    found = lying([gone, kept, "nobody's"], Boundaries(2021, "ccg"))
    assert set(found) == {gone, kept}
    assert found[kept] == now[kept]
    assert found[gone].northing == pytest.approx(then[gone].northing, abs=20_000)


def one_of(results: Results, code: str) -> Area:
    return next(area for area in results.areas if area.area_code == code)


def test_an_areas_page_marks_its_own_tile_on_the_map(located: Results) -> None:
    found = tile_map.placed(located)
    ground = area_on_map.background(found)
    assert found is not None
    assert ground is not None
    middles = {}
    for code in ("00L", "11N", "15F"):
        drawing = lxml.etree.fromstring(area_on_map.marked(ground, one_of(located, code)).encode())
        (mark,) = [path for path in drawing.iter(f"{SVG}path") if path.get("class") == "here"]
        numbers_in = [float(n) for n in re.findall(r"[\d.]+", mark.get("d"))]
        across, down = numbers_in[::2], numbers_in[1::2]
        middles[code] = (sum(across) / 6, sum(down) / 6)
        assert middles[code] == pytest.approx(ground.middles[code], abs=0.1)
        hexagons = [
            path.get("d").count("M") for path in drawing.iter(f"{SVG}path") if path.get("fill") in tile_map.COLOURS
        ]
        assert sum(hexagons) == 189
    assert middles["00L"][1] < middles["15F"][1] < middles["11N"][1], "Northumberland, Leeds, Kernow"
    assert middles["11N"][0] < middles["15F"][0]


def test_an_areas_page_says_what_is_around_it_and_nothing_where_it_is_not_on_the_map(located: Results) -> None:
    found, leeds = tile_map.placed(located), one_of(located, "15F")
    assert found is not None
    own = next(tile for area, tile in found.analysed if area == leeds)
    beside = [area for area, tile in found.analysed if tile in own.neighbours]
    below = sum(is_below(area.recovery_rate, area.adjusted_rate) for area in beside)
    counted = (numbers.number_word(len(beside)), numbers.number_word(below))
    assert 0 < below < len(beside)
    said = f"Of the {counted[0]} areas beside it, {counted[1]} {'is' if below == 1 else 'are'} below what is usual."
    assert said in area_on_map.caption(found, leeds)
    alt = area_on_map.alt_text(found, leeds)
    assert "19.5 below" in alt
    assert said in alt
    elsewhere = leeds.model_copy(update={"area_code": "ZZZ"})
    for where, area in ((None, leeds), (found, elsewhere)):
        assert area_on_map.caption(where, area) == area_on_map.alt_text(where, area) == ""
        assert area_on_map.marked(area_on_map.background(where), area) == ""


def test_what_is_said_of_all_around_an_area_is_said_as_a_whole(located: Results) -> None:
    found = tile_map.placed(located)
    assert found is not None
    for area, tile in found.analysed:
        beside = [other for other, its in found.analysed if its in tile.neighbours]
        below = sum(is_below(other.recovery_rate, other.adjusted_rate) for other in beside)
        words = area_on_map.caption(found, area)
        if len(beside) > 1:
            assert ("None of the" in words) == (below == 0)
            assert (("All " in words) or ("Both areas" in words)) == (below == len(beside))
            assert ("Of the" in words) == (0 < below < len(beside))


def test_the_word_here_covers_no_tile_and_stands_where_there_is_room(located: Results) -> None:
    ground = area_on_map.background(tile_map.placed(located))
    assert ground is not None
    labelled = 0
    for area in located.areas:
        drawn = area_on_map.marked(ground, area).removeprefix(ground.svg)
        place = re.search(r"translate\(([\d.]+) ([\d.]+)\)", drawn)
        if place is None:
            continue
        labelled += 1
        left, base = map(float, place.groups())
        for across, down in ground.tiles:
            # The corners of a tile of 12 units are 6.9 from its middle, its sides 6.
            apart_across = max(left - across, across - left - ground.label_width)
            assert max(apart_across, base - 7.7 - down, down - base) > 6
        assert 0 <= left <= ground.width - ground.label_width
    assert 0 < labelled < len(located.areas) / 2


def test_the_page_of_an_invented_area_shows_one_picture(reference: Results, tmp_path: object) -> None:
    from pathlib import Path

    from iapt_report.analysis.history import History

    assert isinstance(tmp_path, Path)
    past = History({}, {}, 0, (), {})
    (text,) = texts(
        reference, reference.areas[:1], past, ROOT / "templates" / "area.qmd.jinja", beside=tmp_path, pdf=False
    )
    assert text.count("](") - text.count("](https") >= 1
    assert "Where it lies" not in text
    assert ".map.svg" not in text
