"""Names printed in capitals are written as a sentence has them; what is written otherwise stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iapt_report.sources.matching import plain_name
from iapt_report.sources.naming import in_sentence_case


@pytest.mark.parametrize(
    ("published", "written"),
    [
        ("NHS BATH AND NORTH EAST SOMERSET CCG", "NHS Bath and North East Somerset CCG"),
        ("NHS HARTLEPOOL AND STOCKTON-ON-TEES CCG", "NHS Hartlepool and Stockton-on-Tees CCG"),
        ("NHS CENTRAL LONDON (WESTMINSTER) CCG", "NHS Central London (Westminster) CCG"),
        ("NHS ST HELENS CCG", "NHS St Helens CCG"),
        ("NHS VALE OF YORK CCG", "NHS Vale of York CCG"),
        ("NHS SOUTH YORKSHIRE INTEGRATED CARE BOARD", "NHS South Yorkshire Integrated Care Board"),
        ("NHS NORFOLK AND WAVENEY ICB - 26A", "NHS Norfolk and Waveney ICB - 26A"),
        ("NHS NORTH WEST LONDON ICB - QRV", "NHS North West London ICB - QRV"),
        ("NHS BLACK COUNTRY ICB - D2P2L", "NHS Black Country ICB - D2P2L"),
        ("KING'S HEALTH LTD", "King's Health Ltd"),
        ("THE HUB", "The Hub"),
        ("NATIONAL COMMISSIONING HUB 1", "National Commissioning Hub 1"),
        ("NHS Durham Dales, Easington and Sedgefield CCG", "NHS Durham Dales, Easington and Sedgefield CCG"),
        ("iESO DIGITAL HEALTH", "iESO DIGITAL HEALTH"),
        ("06F", "06F"),
    ],
)
def test_a_name_is_written_as_in_a_sentence(published: str, written: str) -> None:
    assert in_sentence_case(published) == written


@given(st.text(st.characters(blacklist_categories=["Cc", "Cs"]), max_size=60).map(str.upper))
def test_only_the_size_of_letters_changes_and_once(name: str) -> None:
    written = in_sentence_case(name)
    assert written.casefold() == name.casefold()
    assert in_sentence_case(written).casefold() == written.casefold()
    assert plain_name(written) == plain_name(name), "an organisation is found by either"
