"""The page about coverage says of its tables what they hold."""

from __future__ import annotations

import re

from conftest import ROOT

DOCS = ROOT / "docs" / "reference"
TABLES = (DOCS / "_coverage.md").read_text("utf-8")
PAGE = (DOCS / "coverage.qmd").read_text("utf-8")
# Of these the page says that they hold the truth in every situation.
HELD = ("slope", "mean", "true rate", "prediction", "SII, areas", "RII, areas")


def each() -> dict[str, list[float]]:
    """Read the table of each situation: the figures of each interval, as printed."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLES.splitlines() if "|" in line]
    (head,) = (i for i, row in enumerate(rows) if row[0] == "case-loads")
    figures = [[cell.strip("*") for cell in row] for row in rows[head + 2 :]]
    return {name: [float(row[i]) for row in figures] for i, name in enumerate(rows[head]) if i > 3}


def test_what_the_page_says_to_hold_holds_in_every_situation() -> None:
    for name in HELD:
        shares = each()[name]
        assert len(shares) == 54, "three years, three sizes, three differences, without and with a dominant area"
        assert min(shares) >= 94.0, name
        assert max(shares) <= 97.0, name


def test_how_often_an_interval_does_not_hold_is_what_the_page_says() -> None:
    said = {"κ": ("κ", 97.0), "ρ": ("ρ", 93.0), "Change of the gradient": ("change", 97.0)}
    for words, (name, bound) in said.items():
        shares = each()[name]
        out = [share for share in shares if not 93 <= share <= 97]
        part = PAGE.split(f"\n{words}\n: ")[1].split("\n\n")[0]
        assert f"in {len(out)} of 54 situations" in part, name
        assert all(share > 97 for share in out) if bound > 95 else all(share < 93 for share in out), name
        assert str(max(out) if bound > 95 else min(out)) in part, name
    others = {name for name, shares in each().items() if any(not 93 <= share <= 97 for share in shares)}
    assert others == {"κ", "ρ", "change", "SII, patients", "RII, patients"}, "each has a word on the page"


def test_what_is_in_bold_is_what_is_outside() -> None:
    for figure, bold in re.findall(r"\| (?:(\d\d\.\d)|\*\*(\d\d\.\d)\*\*)(?= \|)", TABLES.split("case-loads")[1]):
        assert (93 <= float(figure) <= 97) if figure else not 93 <= float(bold) <= 97
