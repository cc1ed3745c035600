"""Imports without an index or a lookup: averages that come with the package, in the boundaries that fit the codes."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

import published
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.reference.boundaries import Boundaries
from iapt_report.reference.deprivation import members, tables_of
from iapt_report.reference.editions import edition_named
from iapt_report.reference.successors import followed_by
from iapt_report.sources.importing import Sources, import_period
from iapt_report.sources.shipped_averages import fitting
from iapt_report.sources.successors import Successors
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.sources.importing import Imported

SHIPPED = Successors({}, followed_by())
GROUPS_2018, GROUPS_2019, GROUPS_2021 = (members(Boundaries(year, "ccg")) for year in (2018, 2019, 2021))
# Which groups of 2018 went to Norfolk and Waveney, to Derbyshire and to Devon in the years after.
DERBY = ("03X", "03Y", "04J", "04R")


def annual(folder: Path, areas: dict[str, str], level: str = "CCG", header: list[str] = published.ANNUAL_OLD) -> Path:
    """An annual main file of areas, by code and name, in each of which 100, 105, 110 … patients recover of 250."""
    rows: list[list[object]] = [
        [level, code, name, "Total", "NULL", "NULL", 250, 270, 100 + 5 * (i % 20), 900, 40]
        for i, (code, name) in enumerate(areas.items())
    ]
    return published.annual(folder, header, rows)


def names(codes: list[str] | tuple[str, ...], of: object = GROUPS_2019) -> dict[str, str]:
    return {code: of[code].name for code in codes}  # type: ignore[index]


def bring(folder: Path, file: Path, period: str = "2019-20", **others: object) -> Imported:
    return import_period(Sources([file], **others), Period.parse(period), folder / "data")  # type: ignore[arg-type]


def facts(folder: Path, period: str = "2019-20") -> dict[str, object]:
    return tomllib.loads((folder / "data" / period / "period.toml").read_text("utf-8"))


def test_a_period_needs_no_file_but_its_activity(tmp_path: Path) -> None:
    codes = list(GROUPS_2019)[:20]
    done = bring(tmp_path, annual(tmp_path, names(codes)))
    assert done.areas == 20
    areas = read_areas(tmp_path / "data", Period.parse("2019-20"))
    table = areas.table.set_index("area_code")
    newest = {area.nhs_code: area.score for table in tables_of(edition_named(2019)) for area in table.areas}
    assert table.loc[codes[0], "imd_score"] == newest[codes[0]]
    assert table.sort_values("imd_rank")["imd_score"].iloc[0] == table["imd_score"].max(), "rank 1 is the most deprived"


def test_what_was_used_is_said_with_edition_boundaries_and_publishers(tmp_path: Path) -> None:
    done = bring(tmp_path, annual(tmp_path, names(list(GROUPS_2019))))
    note = done.notes[0]
    assert (
        "IMD 2019 (English Indices of Deprivation 2019, Ministry of Housing, Communities and Local Government" in note
    )
    assert "published 26 September 2019" in note
    assert "clinical commissioning groups of April 2019 (Office for National Statistics)" in note
    assert "matched by NHS code" in note
    said = facts(tmp_path)
    own = said["deprivation"]
    assert isinstance(own, dict)
    assert (own["edition"], own["level"], own["boundaries"]) == (2019, "ccg", 2019)
    recorded = [source["file"] for source in said["sources"]]  # type: ignore[attr-defined]
    assert "iapt_report/reference/deprivation.csv" in recorded
    areas = read_areas(tmp_path / "data", Period.parse("2019-20"))
    assert areas.deprivation is not None
    assert areas.deprivation.publisher == "Ministry of Housing, Communities and Local Government"
    assert not done.excluded


def test_the_edition_can_be_chosen_and_is_then_said_to_be(tmp_path: Path) -> None:
    done = bring(tmp_path, annual(tmp_path, names(list(GROUPS_2019))), edition=2015)
    table = read_areas(tmp_path / "data", Period.parse("2019-20")).table.set_index("area_code")
    assert table.loc["00C", "imd_score"] == 24.542
    assert "each counting the same" in done.notes[0]
    assert "The edition 2015 was chosen; by its date, IMD 2019 would belong to the period." in done.notes


def test_boundaries_are_those_of_the_codes_and_not_of_the_year(tmp_path: Path) -> None:
    """A file about 2019-20 with the groups of 2018: theirs are the borders."""
    done = bring(tmp_path, annual(tmp_path, names(list(GROUPS_2018), GROUPS_2018)))
    assert done.areas == len(GROUPS_2018)
    assert "of April 2018" in done.notes[0]


def test_a_few_codes_of_an_earlier_year_among_others_are_counted_with_their_successors(tmp_path: Path) -> None:
    codes = {**names(list(GROUPS_2019)), **names(DERBY, GROUPS_2018)}
    done = bring(tmp_path, annual(tmp_path, codes))
    assert done.areas == len(GROUPS_2019)
    table = read_areas(tmp_path / "data", Period.parse("2019-20")).table.set_index("area_code")
    assert table.loc["15M", "finished_treatment"] == 5 * 270
    assert any(f"The figures of 4 areas ({', '.join(DERBY)}) are counted with the one" in note for note in done.notes)
    recorded = [source["file"] for source in facts(tmp_path)["sources"]]  # type: ignore[attr-defined]
    assert recorded[-1] == "iapt_report/reference/successors.csv"


@pytest.mark.parametrize(
    ("codes", "level", "period", "edition", "found"),
    [
        (GROUPS_2021, "ccg", "2021-22-Q4", None, Boundaries(2021, "ccg")),
        (GROUPS_2021, "ccg", "2022-23-Q1", None, Boundaries(2022, "subicb")),
        (GROUPS_2021, "subicb", "2023-24-Q4", None, Boundaries(2022, "subicb")),
        (GROUPS_2021, "subicb", "2025-26-Q3", None, Boundaries(2024, "subicb")),
        (members(Boundaries(2022, "icb")), "icb", "2023-24", None, Boundaries(2022, "icb")),
        (GROUPS_2019, "ccg", "2019-20", 2025, Boundaries(2024, "subicb")),
        (members(Boundaries(2016, "ccg")), "ccg", "2015-16", None, Boundaries(2015, "ccg")),
        (members(Boundaries(2016, "ccg")), "ccg", "2016-17", None, Boundaries(2016, "ccg")),
    ],
)
def test_of_boundaries_that_fit_as_well_those_in_force_are_taken(
    codes: dict[str, object], level: str, period: str, edition: int | None, found: Boundaries
) -> None:
    assert fitting(set(codes), level, Period.parse(period), SHIPPED, edition).table.boundaries == found


def test_ons_codes_tell_borders_that_nhs_codes_do_not(tmp_path: Path) -> None:
    """15E had the ONS code E38000220 until it gained 92 small areas in April 2022."""
    before, after = members(Boundaries(2021, "ccg")), members(Boundaries(2022, "subicb"))
    codes = {area.ons_code for area in before.values()}
    assert fitting(codes, "ccg", Period.parse("2022-23"), SHIPPED).table.boundaries.year == 2021
    done = bring(tmp_path, annual(tmp_path, {a.ons_code: a.name for a in after.values()}), "2021-22")
    assert "Sub-ICB locations of April 2022" in done.notes[0]
    assert "matched by ONS code" in done.notes[0]


def test_an_ons_code_of_another_year_is_known_before_the_name(tmp_path: Path) -> None:
    """The newest edition has the boundaries of 2024 alone, in which 92A has another ONS code than in 2022."""
    codes = {area.ons_code: f"Somewhere {i}" for i, area in enumerate(members(Boundaries(2022, "subicb")).values())}
    done = bring(tmp_path, annual(tmp_path, codes), "2023-24", edition=2025)
    assert done.areas == 106
    assert not done.excluded


def test_a_name_is_a_last_resort(tmp_path: Path) -> None:
    codes = names(list(GROUPS_2019)[:20])
    own = {**codes, "Z01": codes["00C"], "Z02": GROUPS_2019["15N"].name}
    done = bring(tmp_path, annual(tmp_path, own))
    excluded = {area.area_code: area.reason for area in done.excluded}
    assert "neither its code nor its name" in excluded["Z01"], "its name is that of an area with its own code"
    table = read_areas(tmp_path / "data", Period.parse("2019-20")).table.set_index("area_code")
    assert table.loc["Z02", "imd_score"] == next(
        area.score
        for table in tables_of(edition_named(2019))
        if table.boundaries == Boundaries(2019, "ccg")
        for area in table.areas
        if area.nhs_code == "15N"
    )
    assert any("by NHS code or, for 1 of 21, by name" in note for note in done.notes)


def test_a_hub_and_a_code_that_nobody_knows_are_left_out_with_reasons_of_their_own(tmp_path: Path) -> None:
    codes = {
        **names(list(GROUPS_2019)),
        "13Q": "NATIONAL COMMISSIONING HUB 1",
        "Z9Z": "NHS New CCG",
        "UNKNOWN": "UNKNOWN",
    }
    done = bring(tmp_path, annual(tmp_path, codes))
    assert {area.area_code: area.reason for area in done.excluded} == {
        "13Q": "no deprivation score: a commissioning hub, which has no boundaries",
        "Z9Z": "no deprivation score: neither its code nor its name is in any boundaries that come with iapt-report",
        "UNKNOWN": "not a commissioning area: activity that could not be assigned to one",
    }


def test_codes_newer_than_every_table_are_made_of_those_that_the_user_says(tmp_path: Path) -> None:
    """Two Sub-ICB locations merge in April 2026: the average is that of their ground."""
    today = members(Boundaries(2024, "subicb"))
    kept = {code: area.name for code, area in today.items() if code not in ("00L", "00N")}
    rows = {**kept, "N0W": "NHS North ICB - N0W"}
    table = published.write(tmp_path / "s.csv", ["old_code", "new_code"], [["00L", "N0W"], ["00N", "N0W"]])
    new = published.ANNUAL_NEW
    done = bring(tmp_path, annual(tmp_path, rows, "SubICB", new), "2026-27", successors=table)
    assert done.areas == 105
    found = read_areas(tmp_path / "data", Period.parse("2026-27")).table.set_index("area_code")
    parts = [today["00L"], today["00N"]]
    expected = sum(area.score * area.lsoas for area in parts) / sum(area.lsoas for area in parts)
    assert found.loc["N0W", "imd_score"] == pytest.approx(expected)
    assert "The averages of 2 areas count for the areas that they later merged into." in done.notes


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({f"E0600000{i}": f"Town {i}" for i in range(10)}, "codes of local authorities, such as E06000000"),
        ({f"E5400000{i}": f"Board {i}" for i in range(10)}, "codes of integrated care boards"),
        ({f"X0{i}": f"Area {i}" for i in range(10)}, "none of the 10 codes of the activity"),
    ],
)
def test_codes_of_other_places_are_refused_in_words(tmp_path: Path, codes: dict[str, str], words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        bring(tmp_path, annual(tmp_path, codes))
    assert "--deprivation" in str(caught.value.mend)
    assert not (tmp_path / "data").exists()


def test_a_provider_needs_scores_of_the_users_own(tmp_path: Path) -> None:
    path = annual(tmp_path, {f"P0{i}": f"Provider {i}" for i in range(12)}, "Provider")
    with pytest.raises(CallError, match="no deprivation comes with iapt-report for a provider"):
        import_period(Sources([path]), Period.parse("2019-20"), tmp_path / "data", "provider")


def test_options_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    path = annual(tmp_path, names(list(GROUPS_2019)))
    with pytest.raises(CallError, match="there is no deprivation of small areas"):
        bring(tmp_path, path, lookup=published.lookup(tmp_path))
    with pytest.raises(CallError, match="cannot be chosen beside it"):
        bring(tmp_path, path, deprivation=published.imd(tmp_path), lookup=published.lookup(tmp_path), edition=2015)
    with pytest.raises(CallError, match="there is no edition 2010"):
        bring(tmp_path, path, edition=2010)


def test_a_summary_of_local_authorities_is_refused_for_commissioning_areas(tmp_path: Path) -> None:
    """Their names would match: there is a Darlington of either kind."""
    header = ["Local Authority District code (2019)", "Local Authority District name (2019)", "IMD - Average score"]
    rows: list[list[object]] = [
        [f"E0600{i:04d}", area.name.removeprefix("NHS ").removesuffix(" CCG"), 20 + i / 10]
        for i, area in enumerate(GROUPS_2019.values())
    ]
    summary = published.write(tmp_path / "authorities.csv", header, rows)
    with pytest.raises(DataError, match="this is the deprivation of local authorities") as caught:
        bring(tmp_path, annual(tmp_path, names(list(GROUPS_2019))), deprivation=summary)
    assert "leave --deprivation out" in str(caught.value.mend)


def test_a_summary_of_boards_is_refused_for_smaller_areas(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is the deprivation of integrated care boards"):
        bring(tmp_path, published.annual(tmp_path), deprivation=published.summary(tmp_path))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("period", "file", "areas", "boundaries"),
    [
        ("2017-18", "annual/psych-ther-ann-rep-csv-2017-18-main-csv.csv", 207, 2017),
        ("2019-20", "annual/psych-ther-ann-rep-csv-2019-20-main-csv.csv", 191, 2019),
        ("2023-24", "annual/psych-ther-ann-rep-csv-2023-24-main.csv", 42, 2022),
        ("2019-20-Q1", "monthly/iapt-monthly-time-series-feb-2019-feb-2020.xlsx", 191, 2019),
        ("2019-20-Q2", "monthly/iapt-monthly-time-series-feb-2019-feb-2020.xlsx", 191, 2019),
        ("2019-20-Q3", "monthly/iapt-monthly-time-series-feb-2019-feb-2020.xlsx", 191, 2019),
    ],
)
def test_real_periods_lose_no_area_for_want_of_deprivation_but_hubs_and_unknowns(
    shared: Path, tmp_path: Path, period: str, file: str, areas: int, boundaries: int
) -> None:
    done = bring(tmp_path, shared / file, period)
    lost = [area for area in done.excluded if "hub" not in area.area_name.lower() and area.area_code != "UNKNOWN"]
    assert all("no deprivation" not in area.reason and "not in the activity" not in area.reason for area in lost)
    assert done.areas + len(lost) == areas
    said = facts(tmp_path, period)["deprivation"]
    assert isinstance(said, dict)
    assert said["boundaries"] == boundaries


@pytest.mark.shared
def test_the_averages_are_those_of_the_published_small_areas(shared: Path, tmp_path: Path) -> None:
    activity = shared / "annual" / "psych-ther-ann-rep-csv-2019-20-main-csv.csv"
    bring(tmp_path / "shipped", activity, edition=2015)
    bring(
        tmp_path / "files",
        activity,
        deprivation=shared / "imd" / "imd2015-lsoa11.csv",
        lookup=shared / "lookups" / "lsoa11-ccg19-lad19.csv",
    )
    year = Period.parse("2019-20")
    ours, files = (read_areas(tmp_path / name / "data", year).table for name in ("shipped", "files"))
    assert (ours["area_code"] == files["area_code"]).all()
    assert (ours["imd_score"] - files["imd_score"]).abs().max() <= 0.0005 + 1e-9, "the table has three decimals"
    assert (ours["imd_rank"] - files["imd_rank"]).abs().max() <= 1
    others = [column for column in ours.columns if not column.startswith("imd_")]
    assert ours[others].equals(files[others])
