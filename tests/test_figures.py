from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conftest import areas_from, some_rows
from iapt_report import figures
from iapt_report.analysis import analyse

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.results import Results


def test_the_plot_has_a_point_an_area_the_line_its_band_and_the_standard(reference: Results) -> None:
    layers = [type(layer.geom).__name__ for layer in figures.scatter(reference).layers]
    assert {"geom_ribbon", "geom_hline", "geom_point", "geom_line"} <= set(layers)
    assert layers.count("geom_text") == 2, "an outlier on either side is named"


def test_no_name_is_written_where_there_is_no_outlier(results_of: Callable[..., Results]) -> None:
    layers = [type(layer.geom).__name__ for layer in figures.scatter(results_of(noise=0.02)).layers]
    assert "geom_text" not in layers


def test_the_description_follows_the_numbers(reference: Results) -> None:
    text = figures.scatter_alt(reference)
    assert "211 areas" in text
    assert "from 40.1% in the most deprived area to 50.5% in the least deprived" in text
    assert "Synthetic Area 201, Synthetic Area 202" in text


def test_a_name_with_dollars_is_no_formula() -> None:
    rows = some_rows(30, noise=0.02)
    rows[4] = {**rows[4], "recovered": 0, "area_name": "A $x^2$ <b> & name_with \\ marks"}
    svg = figures.as_svg(figures.scatter(analyse(areas_from(rows)))).decode("utf-8")
    assert svg.lstrip().startswith("<?xml")
    # Matplotlib leaves the text it drew as paths in a comment.
    assert any("$x^2$" in comment for comment in re.findall(r"<!--(.*?)-->", svg))


def test_the_same_results_draw_the_same_bytes(reference: Results) -> None:
    assert figures.as_svg(figures.scatter(reference)) == figures.as_svg(figures.scatter(reference))
