from __future__ import annotations

import io
import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conftest import REFERENCE, areas_from, some_rows
from iapt_report.__main__ import main
from iapt_report.analysis.study import analyse
from iapt_report.documents.beside import MAP_FILE
from iapt_report.documents.kinds import documents_of
from iapt_report.documents.pictures import FIGURES, write_images
from iapt_report.figures import images, study
from iapt_report.words import numbers
from iapt_report.workspace.look import Look
from written import write_period

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Drawn
    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

# What is tested here is drawing.
pytestmark = pytest.mark.usefixtures("drawn_anew")


def test_the_plot_has_a_point_an_area_the_line_its_band_and_the_standard(reference: Results) -> None:
    layers = [type(layer.geom).__name__ for layer in study.scatter(reference).layers]
    assert {"geom_ribbon", "geom_hline", "geom_point", "geom_line"} <= set(layers)
    assert layers.count("geom_text") == 2, "an outlier on either side is named"


def test_no_name_is_written_where_there_is_no_outlier(results_of: Callable[..., Results]) -> None:
    layers = [type(layer.geom).__name__ for layer in study.scatter(results_of(noise=0.02)).layers]
    assert "geom_text" not in layers


def test_the_description_follows_the_numbers(reference: Results) -> None:
    text = study.scatter_alt(reference)
    assert "211 areas" in text
    assert "from 40.1% in the most deprived area to 50.5% in the least deprived" in text
    assert "Synthetic Area 201, Synthetic Area 202" in text


def test_a_name_with_dollars_is_no_formula() -> None:
    rows = some_rows(30, noise=0.02)
    rows[4] = {**rows[4], "recovered": 0, "area_name": "A $x^2$ <b> & name_with \\ marks"}
    svg = images.as_svg(study.scatter(analyse(areas_from(rows)))).decode("utf-8")
    assert svg.lstrip().startswith("<?xml")
    assert any("$x^2$" in text for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def test_the_same_results_draw_the_same_bytes(reference: Results) -> None:
    assert images.as_svg(study.scatter(reference)) == images.as_svg(study.scatter(reference))


def points_of(svg: str) -> list[tuple[str, float, float]]:
    """Give title and middle of each point that has a title, in the order of the file."""
    import lxml.etree

    found = []
    for title in lxml.etree.fromstring(svg.encode("utf-8")).iterfind(".//{*}g/{*}path/{*}title"):
        point = title.getparent()
        assert point is not None
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", point.get("d", ""))]
        xs, ys = numbers[0::2], numbers[1::2]
        found.append((title.text or "", (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))
    return found


def test_each_point_says_which_area_it_is_and_stands_where_that_area_belongs(reference: Results) -> None:
    points = points_of(images.as_svg(study.scatter(reference), study.area_points(reference)).decode("utf-8"))
    assert len(points) == 211
    across = pytest.approx
    first, last = min(reference.areas, key=lambda a: a.imd_rank), max(reference.areas, key=lambda a: a.imd_rank)
    laid = study.scatter_axis(reference)
    on_axis = [area for area, side in zip(reference.areas, laid.sides, strict=True) if side == 0]
    low, high = min(on_axis, key=lambda a: a.recovery_rate), max(on_axis, key=lambda a: a.recovery_rate)
    assert len(on_axis) == 209, "the two extreme outliers lie beyond the axis"
    at = {area.area_code: point for area, point in zip(reference.areas, points, strict=True)}
    x0, x1 = at[first.area_code][1], at[last.area_code][1]
    y0, y1 = at[low.area_code][2], at[high.area_code][2]
    for area, side in zip(reference.areas, laid.sides, strict=True):
        title, x, y = at[area.area_code]
        assert title.startswith(f"{area.area_name}: deprivation rank {area.imd_rank:g}, recovery rate ")
        right = (area.imd_rank - first.imd_rank) / (last.imd_rank - first.imd_rank)
        up = (area.recovery_rate - low.recovery_rate) / (high.recovery_rate - low.recovery_rate)
        assert x == across(x0 + right * (x1 - x0), abs=0.01)
        assert y == across(y0 + up * (y1 - y0), abs=0.01) or (side and (y1 - y if side > 0 else y - y0) > 0)


def island(svg: str) -> Any:
    """Read the points that a figure holds for its page."""
    found = re.search(r'<metadata id="iapt-points">([^<]*)</metadata>', svg)
    assert found, "the element ends where it should, whatever the names are"
    assert not re.search("[>&]", found[1])
    return json.loads(found[1])


def order_of(results: Results) -> list[int]:
    """Number the areas in the order of deprivation."""
    areas = results.areas
    return sorted(range(len(areas)), key=lambda i: (areas[i].imd_rank, areas[i].area_code))


def test_a_figure_holds_each_points_place_and_what_the_paper_prints_of_its_area(reference: Results) -> None:
    svg = images.as_svg(study.scatter(reference), study.area_points(reference)).decode("utf-8")
    held, drawn = island(svg), points_of(svg)
    order = order_of(reference)
    assert [point[3] for point in held["points"]] == [reference.areas[i].area_name for i in order]
    for (x, y, _, name, *_), i in zip(held["points"], order, strict=True):
        assert drawn[i][0].startswith(f"{name}: ")
        assert (x, y) == (pytest.approx(drawn[i][1], abs=0.01), pytest.approx(drawn[i][2], abs=0.01))
    assert held["labels"] == [
        "deprivation rank",
        "recovery rate",
        "rate expected by the replication",
        "rate expected",
        "adjusted benchmark",
        "patients who finished treatment",
    ]
    first = reference.areas[order[0]]
    assert held["points"][0][4:] == [
        "1",
        numbers.percent(first.recovery_rate),
        numbers.percent(first.replication_rate),
        numbers.percent(first.adjusted_rate),
        numbers.percent(first.adjusted_low),
        numbers.count(first.finished_treatment),
    ]
    assert held["points"][0][5:8] == ["46.2%", "40.1%", "39.6%"]


def test_the_area_of_a_point_is_proportional_to_case_load_down_to_the_smallest(reference: Results) -> None:
    svg = images.as_svg(study.scatter(reference), study.area_points(reference)).decode("utf-8")
    drawn = [
        (reference.areas[i].finished_treatment, radius)
        for (_, _, radius, *_), i in zip(island(svg)["points"], order_of(reference), strict=True)
    ]
    most, widest = max(drawn)
    for patients, radius in drawn:
        assert radius == pytest.approx(widest * (patients / most) ** 0.5, abs=0.011), patients


def test_points_of_one_size_have_their_titles_too() -> None:
    rows = [{**row, "finished_treatment": 500, "at_caseness": 480, "recovered": 240} for row in some_rows(30)]
    for i, row in enumerate(rows):
        row["recovered"] = 200 + i
    results = analyse(areas_from(rows))
    svg = images.as_svg(study.scatter(results), study.area_points(results)).decode("utf-8")
    assert svg.count("<title>Test Area") == 30
    listed = island(svg)["points"]
    assert len({radius for _, _, radius, *_ in listed}) == 1
    assert [across for across, *_ in listed] == sorted(across for across, *_ in listed)
    assert [down for _, down, *_ in listed] == sorted((down for _, down, *_ in listed), reverse=True)


def test_a_name_with_markup_or_control_characters_leaves_the_figure_whole(reference: Results) -> None:
    import lxml.etree

    name = 'A <b>"bold"</b> & \x08 ]]> name'
    areas = (reference.areas[0].model_copy(update={"area_name": name}), *reference.areas[1:])
    results = reference.model_copy(update={"areas": areas})
    svg = images.as_svg(study.scatter(results), study.area_points(results))
    title = next(lxml.etree.fromstring(svg).iterfind(".//{*}path/{*}title"))
    assert (title.text or "").startswith('A <b>"bold"</b> & \ufffd ]]> name: deprivation rank')
    assert island(svg.decode("utf-8"))["points"][order_of(results).index(0)][3] == name, "with every character it has"


def test_no_point_has_the_title_of_another_where_their_numbers_differ(reference: Results) -> None:
    plot = study.scatter(reference)
    assert images.as_svg(plot, study.area_points(reference)[1:]) == images.as_svg(plot)


@pytest.fixture(scope="session")
def submitted(reference: Results) -> dict[str, bytes]:
    return images.as_images(study.scatter(reference))


def test_images_for_submission_are_seven_inches_wide_at_600_dots_an_inch(submitted: dict[str, bytes]) -> None:
    assert list(submitted) == [".png", ".tiff"]
    for suffix, content in submitted.items():
        with Image.open(io.BytesIO(content)) as image:
            assert image.format == suffix[1:].upper()
            assert image.size == (4200, 1860)
            assert [round(float(dots), 2) for dots in image.info["dpi"]] == [600, 600]
            assert image.mode == "RGB", "nothing is transparent"
            assert image.getpixel((5, 5)) == (255, 255, 255)
            assert len(image.getcolors(1_000_000) or []) > 10, "nothing is drawn"
    with Image.open(io.BytesIO(submitted[".tiff"])) as image:
        assert image.info["compression"] == "tiff_lzw"


def test_the_two_images_show_the_same(submitted: dict[str, bytes]) -> None:
    with Image.open(io.BytesIO(submitted[".png"])) as png, Image.open(io.BytesIO(submitted[".tiff"])) as tiff:
        assert png.tobytes() == tiff.tobytes()


def test_the_same_results_draw_the_same_images(reference: Results, submitted: dict[str, bytes]) -> None:
    assert images.as_images(study.scatter(reference)) == submitted


def test_images_are_made_where_asked_for_and_go_where_the_figure_has_changed(
    workspace: Workspace, drawn: Drawn, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn.off = False  # Which images stand where is the question, not how they are drawn.
    html = ["build", REFERENCE, "--format", "html", "--engine", "embedded", "-w", str(workspace.root)]
    places = [workspace.reports / REFERENCE, workspace.site / "report" / REFERENCE]
    # The reference quarter's areas lie nowhere.
    names = {file.replace(".svg", f".{kind}") for file in FIGURES if file != MAP_FILE for kind in ("png", "tiff")}
    pages = {f"{name}.html" for name in documents_of(workspace.templates)}
    assert {"figure-ds1.png", "figure-funnels.tiff"} < names

    def found() -> list[set[str]]:
        return [{p.name for p in place.iterdir() if p.suffix in images.IMAGE_SUFFIXES} for place in places]

    assert main(html) == 0
    unasked = found()
    assert unasked == [{name for name in names if name.endswith(".png")}] * 2, "Word takes no drawing"
    small = (places[1] / "figure-ds1.png").stat().st_size
    capsys.readouterr()
    assert main([*html, "--figures"]) == 0
    assert found() == [names, names]
    assert (places[1] / "figure-ds1.png").stat().st_size > small, "of more dots"
    printed = {line.rsplit("/", 1)[-1] for line in capsys.readouterr().out.splitlines()}
    assert {name for name in printed if not name.endswith(".html")} == names
    assert pages <= printed
    assert main(html) == 0
    assert found() == [names, names], "the figures are still the same"
    configuration = workspace.root / "iapt-report.toml"
    text = configuration.read_text("utf-8")
    configuration.write_text(text.replace("[settings]\n", "[settings]\nbenchmark = 0.4\n"), "utf-8")
    assert main(html) == 0
    assert found() == unasked, "images of another figure than the document's are left"
    assert (places[1] / "figure-ds1.png").stat().st_size < 2 * small, "the standing image is that of the new figure"


def test_each_figure_stands_in_the_formats_of_word_and_latex_and_follows_its_drawing(
    workspace: Workspace, reference: Results
) -> None:
    folder = write_period(reference, workspace).folder

    def held() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.glob("figure-*.*")}

    before = held()
    # Of results without simulated periods there is no figure of them, and of invented areas no map.
    drawn = set(FIGURES) - {"figure-fair.svg", MAP_FILE}
    expected = {file.replace("svg", kind) for file in drawn for kind in ("svg", "png", "pdf")}
    assert set(before) == expected
    assert before["figure-ds1.pdf"].startswith(b"%PDF")
    write_period(reference, workspace)
    assert held() == before
    write_period(analyse(areas_from(some_rows(30))), workspace)
    changed = {name for name, content in held().items() if before[name] != content}
    assert changed == expected, "none is of another state than its drawing"


def test_images_follow_the_results_that_an_edited_document_holds(
    workspace: Workspace, reference: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_period(reference, workspace).folder
    paper = folder / "paper.qmd"
    paper.write_text(paper.read_text("utf-8") + "\nMine.\n", "utf-8")
    other = analyse(areas_from(some_rows(30)))
    assert write_period(other, workspace).held
    drawn: list[Results] = []
    monkeypatch.setattr("iapt_report.documents.pictures.FIGURES", {"figure-ds1.svg": drawn.append})
    write_images(folder, Look())
    assert drawn == [reference]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6), st.floats(0.5, 8))
def test_labels_of_outliers_stand_apart_in_the_order_of_their_points(heights: list[float], gap: float) -> None:
    placed = study._spread_out(heights, gap, 100.0)
    assert max(placed) <= 100 + 1e-9
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    for lower, higher in itertools.pairwise(order):
        assert placed[higher] - placed[lower] >= gap - 1e-9
    if all(heights[b] - heights[a] >= gap for a, b in itertools.pairwise(order)):
        assert placed == heights, "what is apart stays beside its point"
