"""The tables that come with the package: whole, consistent, and what their README says of them."""

from __future__ import annotations

import math
from datetime import date

import pytest

from iapt_report.reference.boundaries import Boundaries
from iapt_report.reference.deprivation import in_force, members, nhs_codes, sets_of_boundaries, tables, tables_of
from iapt_report.reference.editions import edition_named, editions
from iapt_report.reference.geographies import geography_of, in_words
from iapt_report.reference.places import centres, local_authorities
from iapt_report.reference.successors import changed, followed_by, moves, predecessors_whole

GROUPS = {2015: 209, 2016: 209, 2017: 207, 2018: 195, 2019: 191, 2020: 135, 2021: 106}


@pytest.mark.parametrize("edition", [2015, 2019])
@pytest.mark.parametrize(("year", "n"), GROUPS.items())
def test_every_clinical_commissioning_group_since_2015_has_its_average(edition: int, year: int, n: int) -> None:
    own = {table.boundaries: table for table in tables_of(edition_named(edition))}
    areas = own[Boundaries(year, "ccg")].areas
    assert len(areas) == len({area.nhs_code for area in areas}) == n
    assert sum(area.lsoas for area in areas) == 32_844
    assert all(0 < area.score < 100 and 1 <= area.rank <= 32_844 for area in areas)


def test_the_newest_edition_has_the_boundaries_of_its_own_census_alone() -> None:
    newest = tables_of(edition_named(2025))
    assert {(table.boundaries.year, table.boundaries.level): len(table.areas) for table in newest} == {
        (2024, "subicb"): 106,
        (2024, "icb"): 42,
    }
    assert all(sum(area.lsoas for area in table.areas) == 33_755 for table in newest)


def test_the_averages_of_an_edition_are_those_of_england_whatever_the_boundaries() -> None:
    """Small areas add up to the same country: the mean over areas is one for all boundaries of an edition."""
    for edition in editions():
        means = [
            sum(area.score * area.size for area in table.areas) / sum(area.size for area in table.areas)
            for table in tables_of(edition)
        ]
        assert max(means) - min(means) < 0.002, edition.short


def test_the_averages_are_near_those_officially_published() -> None:
    apart = [
        abs(area.score - area.official)
        for table in tables()
        for area in table.areas
        if area.official is not None and table.boundaries.year == 2015
    ]
    assert len(apart) > 200
    assert sum(apart) / len(apart) == pytest.approx(0.24, abs=0.01)
    assert max(apart) == pytest.approx(1.1, abs=0.05)


def test_a_code_of_any_year_is_known_by_either_code() -> None:
    assert nhs_codes()["E38000042"] == "00C"
    assert nhs_codes()["E38000220"] == nhs_codes()["E38000258"] == nhs_codes()["15E"] == "15E"


def test_the_boundaries_in_force_are_those_of_the_last_april() -> None:
    assert in_force("ccg", date(2020, 3, 31)) == Boundaries(2019, "ccg")
    assert in_force("subicb", date(2022, 4, 1)) == Boundaries(2022, "subicb")
    assert in_force("ccg", date(2014, 4, 1)) is None
    assert in_force("provider", date(2020, 4, 1)) is None


def test_every_code_that_ended_is_followed_to_one_of_today() -> None:
    sets = [within for within in sets_of_boundaries() if within.level != "icb"]
    today = members(sets[-1])
    ended = {code for within in sets for code in members(within)} - set(today)
    for code in ended:
        while code not in today:
            code = followed_by()[code]  # noqa: PLW2901 - one step further
    assert len(ended) == 139


def test_successors_are_whole_and_one_for_each_code() -> None:
    whole = [move for move in moves() if move.whole]
    assert len(whole) == len({move.old for move in whole})
    assert {(move.old, move.new, move.moved, move.of) for move in whole if move.moved < move.of} == {
        ("09G", "70F", 298, 302)
    }


def test_an_ons_code_is_followed_as_its_nhs_code_is() -> None:
    before, after = members(Boundaries(2019, "ccg")), members(Boundaries(2020, "ccg"))
    assert followed_by()[before["09G"].ons_code] == after["70F"].ons_code


def test_an_area_made_of_others_knows_them_and_one_that_lost_ground_does_not() -> None:
    assert predecessors_whole("70F") == {"09G", "09H", "09X"}
    assert predecessors_whole("15E") == {"04X", "05P", "13P"}, "what it gained later is no part of its beginning"
    assert predecessors_whole("01K") == frozenset(), "it was there before it gained a part of another"


def test_a_code_with_other_borders_is_told_by_the_small_areas_that_moved() -> None:
    before, after = Boundaries(2021, "ccg"), Boundaries(2022, "subicb")
    assert changed("15E", before, after) == changed("15E", after, before) == pytest.approx(92 / 773)
    assert changed("D2P2L", before, after) == pytest.approx(92 / 804)
    assert changed("36L", before, after) == 0


def test_every_area_has_a_centre_in_england_and_its_local_authorities() -> None:
    for within in sets_of_boundaries():
        areas = members(within)
        assert set(centres(within)) == set(local_authorities(within)) == set(areas)
        for code, centre in centres(within).items():
            assert 80_000 < centre.easting < 660_000, code
            assert 5_000 < centre.northing < 660_000, code
            shares = local_authorities(within)[code]
            assert sum(authority.lsoas for authority in shares) == shares[0].of == areas[code].lsoas
            assert shares[0].lsoas == max(authority.lsoas for authority in shares)
    assert [a.name for a in local_authorities(Boundaries(2019, "ccg"))["00C"]] == ["Darlington"]
    assert centres(Boundaries(1999, "ccg")) == {}


def test_neighbours_on_the_map_are_near_by_their_centres() -> None:
    where = centres(Boundaries(2019, "ccg"))
    darlington = where["00C"]
    nearest = sorted(
        where,
        key=lambda code: math.hypot(
            where[code].easting - darlington.easting, where[code].northing - darlington.northing
        ),
    )
    assert nearest[0] == "00C"
    assert "00M" in nearest[:8], "South Tees"


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (["E06000001", "E07000008", "E08000001", "E09000002"], "local authorities"),
        (["E38000042", "E38000047"], "clinical commissioning groups or Sub-ICB locations"),
        (["E54000048"], "integrated care boards"),
        (["E12000001"], "regions"),
        (["E99000001"], "places with codes such as E99…"),
    ],
)
def test_a_geography_is_told_by_how_its_codes_begin(codes: list[str], words: str) -> None:
    start = geography_of(codes)
    assert start is not None
    assert in_words(start) == words


def test_nhs_codes_and_a_few_codes_among_others_tell_no_geography() -> None:
    assert geography_of(["00C", "E38000047", "QE1"]) is None
    assert geography_of([]) is None
