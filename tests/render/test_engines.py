"""Formats and engines: declared once, each engine makes each format, and anything else is refused by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from iapt_report.render import embedded, engines, many, quarto
from iapt_report.render.choices import ENGINE_NAMES, SHEET_FORMATS
from iapt_report.render.engines import ENGINES, choose_engine, engine_behind, engine_of
from iapt_report.render.jobs import FORMATS, Job, chosen_of, formats_of
from iapt_report.render.typeset import render_all
from iapt_report.system.errors import CallError, ToolMissingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.workspace.place import Workspace


def typeset(workspace: Workspace, formats: Any = ("html",), engine: Any = "embedded") -> object:
    return render_all([Job(workspace.reports / "2014-15-Q2" / "paper.qmd", formats)], workspace, engine)


def sheets(workspace: Workspace, formats: Any) -> None:
    many.render([], formats, workspace, [workspace.site], workspace.templates)


@pytest.mark.parametrize(
    "ask",
    [
        lambda _: chosen_of(FORMATS, ["html", "epub"]),
        lambda _: formats_of("paper", ["epub"]),
        lambda place: typeset(place, ("epub",)),
        lambda place: sheets(place, ("epub",)),
    ],
)
def test_a_format_that_there_is_not_is_refused_with_those_there_are(
    ask: Callable[[Workspace], object], workspace: Workspace
) -> None:
    with pytest.raises(CallError, match=r"there is no format 'epub'[\s\S]*html, pdf, docx"):
        ask(workspace)


@pytest.mark.parametrize("ask", [choose_engine, engine_of, engines.engine_version])
def test_an_engine_that_there_is_not_is_refused_with_those_there_are(ask: Callable[[str], object]) -> None:
    with pytest.raises(CallError, match=r"there is no engine 'latexmk'[\s\S]*auto, quarto, embedded"):
        ask("latexmk")


def test_an_unknown_engine_typesets_nothing(workspace: Workspace) -> None:
    with pytest.raises(CallError, match="there is no engine 'latexmk'"):
        typeset(workspace, engine="latexmk")
    assert not workspace.site.exists()


def test_each_engine_makes_each_format() -> None:
    assert set(embedded._WRITERS) == set(FORMATS)
    assert set(quarto._FORMATS) == set(FORMATS)
    assert set(SHEET_FORMATS) < set(FORMATS)


def test_what_a_call_can_choose_from_is_what_there_is() -> None:
    assert list(ENGINE_NAMES) == list(ENGINES)


def test_the_first_engine_that_is_installed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {**ENGINES, "quarto": replace(ENGINES["quarto"], program="no-such-program")}
    present = {**ENGINES, "quarto": replace(ENGINES["quarto"], program="")}
    monkeypatch.setattr(engines, "ENGINES", absent)
    assert choose_engine("auto") == "embedded"
    with pytest.raises(ToolMissingError, match="no-such-program is not installed"):
        choose_engine("quarto")
    monkeypatch.setattr(engines, "ENGINES", present)
    assert choose_engine("auto") == "quarto"
    assert choose_engine("embedded") == "embedded"


def test_a_page_is_made_again_by_the_engine_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    present = {**ENGINES, "quarto": replace(ENGINES["quarto"], program="")}
    monkeypatch.setattr(engines, "ENGINES", present)
    page = tmp_path / "areas.html"
    for generator, engine in (("iapt-report", "embedded"), ("quarto-1.9.9", "quarto"), ("elsewhere", "quarto")):
        page.write_text(f'<head><meta name="generator" content="{generator}"></head>', "utf-8")
        assert engine_behind(page) == engine
    monkeypatch.setattr(engines, "ENGINES", {"embedded": ENGINES["embedded"]})
    page.write_text('<meta name="generator" content="quarto-1.9.9">', "utf-8")
    assert engine_behind(page) == "embedded"
