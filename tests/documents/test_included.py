"""Which files a template is made of: what an edit of another one leaves as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from iapt_report.documents.included import files_of

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.jinja").write_text(text, "utf-8")


def names(folder: Path, name: str = "a") -> list[str]:
    return [path.stem for path in files_of(folder / f"{name}.jinja")]


@pytest.mark.parametrize(
    "statement",
    [
        '<% include "b.jinja" %>',
        "<%- include 'b.jinja' -%>",
        '<% include "b.jinja" ignore missing with context %>',
        '<% import "b.jinja" as words %>',
        '<% from "b.jinja" import word %>',
        '<% extends "b.jinja" %>',
    ],
)
def test_it_is_made_of_itself_and_of_what_it_and_these_bring_in(tmp_path: Path, statement: str) -> None:
    write(tmp_path, a=f"x\n{statement}", b='<% include "c.jinja" %><% include "a.jinja" %>', c="", other="")
    assert names(tmp_path) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "statement", ["<% include name %>", '<% include "b.jinja" if x else "c.jinja" %>', '<% include ["b.jinja"] %>']
)
def test_where_something_else_than_a_name_says_what_is_brought_in_it_may_be_any(tmp_path: Path, statement: str) -> None:
    write(tmp_path, a=statement, b="", other="")
    assert names(tmp_path) == ["a", "b", "other"]


def test_a_word_in_the_text_brings_nothing_in(tmp_path: Path) -> None:
    write(tmp_path, a='We include "b.jinja" and << "include" >>.', b="")
    assert names(tmp_path) == ["a"]


def test_what_is_not_there_is_not_listed(tmp_path: Path) -> None:
    write(tmp_path, a='<% include "gone.jinja" %>')
    assert names(tmp_path) == ["a"]
    assert names(tmp_path, "gone") == []
