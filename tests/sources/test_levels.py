"""Whose figures an import takes, how organisations are told apart, and what is known of their precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import published
from iapt_report.areas.cells import Place
from iapt_report.areas.folder import read_areas
from iapt_report.areas.outcomes import RECOVERY
from iapt_report.areas.period import Period
from iapt_report.areas.rows import rows_of
from iapt_report.areas.text_table import read_table
from iapt_report.sources.matching import Known, match
from iapt_report.sources.precision import bounds_of, count_bounds, rate_bounds, step_of
from iapt_report.sources.successors import Successors, read_successors
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.sources.importing import Imported

IMD = "Index of Multiple Deprivation (IMD)"
YEAR = Period.parse("2019-20")
Q1 = Period.parse("2023-24-Q1")


def bring(folder: Path, rows: list[list[object]] | None = None, **files: Path | None) -> Imported:
    """Import a year; what is not given is the usual file."""
    return published.import_period(
        [published.annual(folder, rows=rows)],
        YEAR,
        files.pop("imd", None) or published.imd(folder),
        files.pop("lookup", None) or published.lookup(folder),
        folder / "data",
        **files,
    )


def providers(n: int = 12) -> list[list[object]]:
    return [
        ["Provider", f"P{i:02d}", f"Provider {i}", "Total", "NULL", "NULL", 400, 450, 150 + 5 * i, 1500, 50]
        for i in range(n)
    ]


def own_scores(folder: Path, n: int = 12, header: tuple[str, str] = ("area_code", "imd_score")) -> Path:
    return published.write(folder / "own.csv", list(header), [[f"P{i:02d}", 10 + i] for i in range(n)])


def test_a_provider_gets_its_score_from_the_users_file_and_the_paper_says_so(tmp_path: Path) -> None:
    path = published.annual(tmp_path, rows=published.annual_rows()[:-1] + providers())
    done = published.import_period([path], YEAR, own_scores(tmp_path), None, tmp_path / "data", level="provider")
    areas = read_areas(tmp_path / "data", YEAR)
    assert areas.area_type == "provider"
    assert len(areas) == 12
    assert areas.table["imd_score"].iloc[0] == 10
    assert areas.table["imd_rank"].iloc[0] == 12, "the lowest score is the least deprived"
    assert any("A provider has no boundary" in note and "a file of the user's own" in note for note in done.notes)


def test_a_users_own_ranks_are_ranks(tmp_path: Path) -> None:
    path = published.annual(tmp_path, rows=providers())
    own = own_scores(tmp_path, header=("provider code", "IMD rank"))
    published.import_period([path], YEAR, own, None, tmp_path / "data", level="provider")
    assert read_areas(tmp_path / "data", YEAR).table["imd_rank"].tolist() == [float(i) for i in range(1, 13)]


def test_small_areas_cannot_be_averaged_over_providers(tmp_path: Path) -> None:
    path = published.annual(tmp_path, rows=providers())
    with pytest.raises(CallError, match="a provider has no boundary") as caught:
        published.import_period(
            [path], YEAR, published.imd(tmp_path), published.lookup(tmp_path), tmp_path / "data", level="provider"
        )
    assert "area_code and imd_score" in str(caught.value)


def test_providers_are_never_taken_unasked(tmp_path: Path) -> None:
    path = published.annual(tmp_path, rows=providers())
    with pytest.raises(DataError, match=r"no commissioning area is in it; the organisations are: Provider"):
        published.import_period([path], YEAR, own_scores(tmp_path), None, tmp_path / "data")


def test_providers_of_a_monthly_file_are_told_by_their_own_columns(tmp_path: Path) -> None:
    files = []
    for i, start in enumerate(("2023-04-01", "2023-05-01", "2023-06-01")):
        rows = published.monthly_rows(start, start[:8] + "28")
        areas = [row for row in rows if row[2] == "SubICB"]
        moved = [[*row[:2], "Provider", "all", "all SubICBs", str(row[3]).replace("X", "P"), *row[6:]] for row in areas]
        files.append(published.write(tmp_path / f"m{i}.csv", published.MONTHLY, rows + moved))
    published.import_period(files, Q1, own_scores(tmp_path), None, tmp_path / "data", level="provider")
    table = read_areas(tmp_path / "data", Q1).table
    assert table["area_code"].tolist() == [f"P{i:02d}" for i in range(12)]
    assert table["finished_treatment"].iloc[0] == 600


def test_a_level_that_a_file_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no integrated care board is in it") as caught:
        published.import_period(
            [published.annual(tmp_path)],
            YEAR,
            published.imd(tmp_path),
            published.lookup(tmp_path),
            tmp_path,
            level="icb",
        )
    assert "--level" in str(caught.value.mend)


def test_an_organisation_is_told_by_nhs_code_then_ons_code_then_name() -> None:
    organisations = rows_of(
        {"area_code": ["A", "E38000002", "C", "D"], "area_name": ["NHS X CCG", "x", "NHS Bath & Wells CCG", "Nowhere"]}
    )
    others = [Known("A", "E38000001", "y"), Known("B", "E38000002", "z"), Known("Q", "E38000003", "Bath and Wells")]
    matches = match(organisations, others)
    assert {code: other.nhs_code for code, other in matches.found.items()} == {"A": "A", "E38000002": "B", "C": "Q"}
    assert matches.how == {"A": "NHS code", "E38000002": "ONS code", "C": "name"}
    assert matches.in_words() == "by NHS code or, for 1 of 3, by ONS code and for 1 of 3, by name"


def test_a_lookup_is_joined_by_name_where_no_code_agrees(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [lsoa, "n", f"E38{code}", f"Z{code}", f"NHS Area {int(code[1:])} CCG"]
        for lsoa, code, _ in published.small_areas()
    ]
    lookup = published.lookup(tmp_path, rows)
    done = published.import_period(
        [published.annual(tmp_path)], YEAR, published.imd(tmp_path), lookup, tmp_path / "data"
    )
    assert done.areas == 15
    assert any("matched to the lookup by name" in note for note in done.notes)


def succession(folder: Path, pairs: list[tuple[str, str]]) -> Path:
    return published.write(folder / "successors.csv", ["old_code", "new_code"], [list(pair) for pair in pairs])


def test_areas_that_merged_are_counted_with_their_successor(tmp_path: Path) -> None:
    """X13 merged into X14: the first month is under the old code, and the lookup knows only the new one."""
    months = ("2023-04-01", "2023-05-01", "2023-06-01")
    files = []
    for i, start in enumerate(months):
        rows = published.monthly_rows(start, start[:8] + "28", n=15)
        if i:
            rows = [row for row in rows if row[3] != "X13"]
        files.append(published.write(tmp_path / f"m{i}.csv", published.MONTHLY, rows))
    small: list[list[object]] = [
        [lsoa, "n", f"E38{code}", code.replace("X13", "X14"), f"NHS Area {code}"]
        for lsoa, code, _ in published.small_areas()
    ]
    lookup = published.lookup(tmp_path, small)
    imd = published.imd(tmp_path)
    done = published.import_period(
        files, Q1, imd, lookup, tmp_path / "data", successors=succession(tmp_path, [("X13", "X14")])
    )
    table = read_areas(tmp_path / "data", Q1).table.set_index("area_code")
    assert "X13" not in table.index
    assert table.loc["X14", "finished_treatment"] == 3 * 340 + 330
    assert not done.excluded
    assert any("The figures of 1 area (X13) are counted with the one" in note for note in done.notes)
    areas = read_areas(tmp_path / "data", Q1)
    assert areas.flow is not None
    assert (areas.flow.published, areas.flow.merged, areas.flow.matched) == (15, 1, 14)
    assert table.loc["X14", "area_name"] == "NHS Area 14, part", "its own name, not that of the area it took in"
    # Without the table the old code is left out, and said to be.
    done = published.import_period(files, Q1, imd, lookup, tmp_path / "without")
    assert [area.area_code for area in done.excluded] == ["X13"]


def test_small_areas_of_an_older_lookup_count_for_the_area_they_came_to(tmp_path: Path) -> None:
    rows = [row for row in published.annual_rows() if row[1] not in ("X13", "X14")]
    rows.append(["CCG", "Z01", "NHS New Area", "Total", "NULL", "NULL", 600, 650, 300, 1800, 50])
    table = succession(tmp_path, [("X13", "Y01"), ("Y01", "Z01"), ("X14", "Z01")])
    done = bring(tmp_path, rows, successors=table)
    found = read_areas(tmp_path / "data", YEAR).table.set_index("area_code")
    assert found.loc["Z01", "imd_score"] == pytest.approx((3 * 15.0 + 3 * 13.0) / 6)
    assert {area.area_code for area in done.excluded} == {"UNKNOWN"}
    assert any(
        "The small areas of 2 areas of the lookup count for the areas that they later merged into" in n
        for n in done.notes
    )


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("A", "B"), ("A", "C")], "'A' has two successors"),
        ([("A", "B"), ("B", "C"), ("C", "A")], "its own successor"),
        ([("A", "")], "is no value"),
    ],
)
def test_a_succession_that_cannot_be_followed_is_refused(
    tmp_path: Path, pairs: list[tuple[str, str]], words: str
) -> None:
    path = succession(tmp_path, pairs)
    with pytest.raises(DataError, match=words):
        read_successors(read_table(path), path)


def test_a_code_of_the_same_period_or_of_the_lookup_is_not_followed_further() -> None:
    followed = Successors({"A": "B", "B": "C"})
    assert followed.merged(["A", "B", "Q"], {"B", "Q"}) == {"A": "B"}
    assert followed.merged(["A", "C"], {"A", "C"}) == {"A": "C"}, "both are in the period"
    assert followed.merged(["A"], {"A"}) == {}
    assert followed.merged(["A"], {"C"}) == {"A": "C"}


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=30), st.data())
def test_the_truth_lies_within_the_bounds_of_what_is_published(truth: list[int], data: st.DataObject) -> None:
    """Counts as they are, rounded to 5 and withheld under 5: the true rate is never outside."""
    reached = [data.draw(st.integers(0, n)) for n in truth]
    columns: dict[str, list[int | None]] = {}
    for name, values in (("at_caseness", truth), ("recovered", reached)):
        withheld = [true < 5 for true in values]
        shown = [None if own else 5 * round(true / 5) for true, own in zip(values, withheld, strict=True)]
        low, high = count_bounds(shown, withheld, 5, 5)
        bounds = zip(low, values, high, strict=True)
        assert all(least is not None and most is not None and least <= true <= most for least, true, most in bounds)
        columns |= dict(zip((name, *bounds_of(name)), (shown, low, high), strict=True))
    empty: list[None] = [None] * len(truth)
    for name in ("referrals", "finished_treatment", "reliably_recovered", "reliably_improved"):
        columns |= {column: [*empty] for column in (name, *bounds_of(name))}
    for outcome in ("recovery_rate", "reliable_recovery_rate", "reliable_improvement_rate"):
        columns |= {f"{outcome}{end}": [*empty] for end in ("", "_low", "_high")}
    for part, whole, row in zip(reached, truth, rows_of(columns), strict=True):
        if whole:
            bounded = rate_bounds(row)
            least, most = bounded[RECOVERY.low], bounded[RECOVERY.high]
            assert least is not None
            assert most is not None
            assert least - 1e-12 <= part / whole <= most + 1e-12


def test_counts_that_are_no_multiples_of_five_were_not_rounded() -> None:
    assert step_of([[5, 10, None], [0, 15, 20]], 5) == 5
    assert step_of([[5, 11]], 5) == 1
    assert step_of([[None]], 5) == 1


def test_what_was_withheld_is_kept_with_what_it_can_have_been(tmp_path: Path) -> None:
    rows = published.annual_rows()
    rows[3][8], rows[3][10] = "*", "*"
    rows[4][9] = "-"
    done = published.import_period(
        [published.annual(tmp_path, rows=rows)],
        YEAR,
        published.imd(tmp_path),
        published.lookup(tmp_path),
        tmp_path / "data",
    )
    full = read_table(tmp_path / "data" / "2019-20" / "areas.csv").frame.set_index("area_code")
    assert full.loc["X01", "suppressed"] == "recovered"
    assert full.loc["X02", "suppressed"] == "", "a dash says that there is no value, not that it was withheld"
    cases = int(str(full.loc["X01", "at_caseness"]))
    assert full.loc["X01", "recovery_rate"] == ""
    assert float(str(full.loc["X01", "recovery_rate_low"])) == 0
    assert float(str(full.loc["X01", "recovery_rate_high"])) == pytest.approx(4 / (cases - 2))
    assert {area.area_code for area in done.excluded} >= {"X01", "X02"}
    areas = read_areas(tmp_path / "data", YEAR)
    assert areas.precision is not None
    assert (areas.precision.rounded_to, areas.precision.withheld_under) == (5, 5)
    assert areas.flow is not None
    assert (areas.flow.published, areas.flow.merged, areas.flow.matched) == (16, 0, 15)
    first = areas.table.iloc[0]
    assert first[RECOVERY.low] < first[RECOVERY.rate] < first[RECOVERY.high]


def test_the_names_of_withheld_counts_are_checked(tmp_path: Path) -> None:
    from iapt_report.areas.table import checked

    table = read_table(
        published.write(tmp_path / "a.csv", ["area_code", "area_name", "suppressed"], [["a", "b", "rank"]])
    )
    with pytest.raises(DataError, match="column 'suppressed': 'rank' is not allowed"):
        checked(table.frame, Place("a.csv", table.rows))


@pytest.mark.parametrize(
    "header",
    [
        ["LSOA CODE", "IMD SCORE", "RANK OF IMD SCORE (where 1 is most deprived)"],
        ["LSOA code (2011)", f"{IMD} Score", f"{IMD} Rank (where 1 is most deprived)"],
        ["LSOA code (2021)", f"{IMD} Score", f"{IMD} Rank (where 1 is most deprived)"],
    ],
    ids=["2010", "2015 and 2019", "2025"],
)
@pytest.mark.parametrize(
    "population", [None, "Total population: mid 2012 (excluding prisoners)", "Total population: mid 2022"]
)
def test_every_edition_of_the_index_is_read(tmp_path: Path, header: list[str], population: str | None) -> None:
    rows: list[list[object]] = [[lsoa, score, 1000 - score] for lsoa, _, score in published.small_areas()]
    if population:
        header = [*header, population, "Older population aged 60 and over: mid 2012 (excluding prisoners)"]
        rows = [[*row, 1000 if i % 3 == 0 else 0, 5] for i, row in enumerate(rows)]
    done = published.import_period(
        [published.annual(tmp_path)],
        YEAR,
        published.imd(tmp_path, rows, header),
        published.lookup(tmp_path),
        tmp_path / "data",
    )
    first = read_areas(tmp_path / "data", YEAR).table.iloc[0]
    assert first["imd_score"] == pytest.approx(40.0 if population else 41.0)
    assert any(
        ("weighted by their populations" if population else "each counting the same") in note for note in done.notes
    )


def test_small_areas_without_an_index_are_counted(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, score, 1] for lsoa, _, score in published.small_areas()[1:]]
    done = bring(tmp_path, imd=published.imd(tmp_path, rows))
    assert any("The index has no value for 1 of the 45 small areas" in note for note in done.notes)


def test_the_census_of_a_lookup_is_chosen_by_the_index(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [f"E01{i:06d}", lsoa, code] for i, (lsoa, code, _) in enumerate(published.small_areas())
    ]
    lookup = published.write(tmp_path / "l.csv", ["LSOA11CD", "LSOA21CD", "CCG19CDH"], rows)
    done = published.import_period(
        [published.annual(tmp_path)], YEAR, published.imd(tmp_path), lookup, tmp_path / "data"
    )
    assert done.areas == 15


def merged_months(folder: Path, change: Callable[[str, list[list[object]]], list[list[object]]]) -> Imported:
    """X13 has figures in all three months and is counted with X14; `change` alters the rows of a month."""
    files = []
    for i, start in enumerate(("2023-04-01", "2023-05-01", "2023-06-01")):
        rows = change(start, published.monthly_rows(start, start[:8] + "28", n=15))
        files.append(published.write(folder / f"m{i}.csv", published.MONTHLY, rows))
    imd, lookup = published.imd(folder), published.lookup(folder)
    table = succession(folder, [("X13", "X14")])
    return published.import_period(files, Q1, imd, lookup, folder / "data", successors=table)


def test_a_month_that_a_merged_area_lacks_is_not_taken_for_nothing(tmp_path: Path) -> None:
    done = merged_months(
        tmp_path, lambda month, rows: [r for r in rows if not (month == "2023-05-01" and r[3] == "X13")]
    )
    reasons = {area.area_code: area.reason for area in done.excluded}
    assert reasons["X14"] == "no figures in May 2023 of X13, which merged into it"


def test_a_withheld_month_of_a_merged_area_is_not_taken_for_nothing(tmp_path: Path) -> None:
    def withhold(month: str, rows: list[list[object]]) -> list[list[object]]:
        return [[*r[:9], "*"] if month == "2023-05-01" and r[3] == "X13" else r for r in rows]

    done = merged_months(tmp_path, withhold)
    reasons = {area.area_code: area.reason for area in done.excluded}
    assert reasons["X14"] == "the number who finished treatment is withheld in 1 of the 3 months"


def test_an_area_that_exists_by_merger_alone_is_called_as_the_lookup_calls_it(tmp_path: Path) -> None:
    small: list[list[object]] = [
        [lsoa, "n", f"E38{code}", code.replace("X13", "Y01").replace("X14", "Y01"), "NHS New Area"]
        if code in ("X13", "X14")
        else [lsoa, "n", f"E38{code}", code, f"NHS Area {code}"]
        for lsoa, code, _ in published.small_areas()
    ]
    table = succession(tmp_path, [("X13", "Y01"), ("X14", "Y01")])
    bring(tmp_path, lookup=published.lookup(tmp_path, small), successors=table)
    found = read_areas(tmp_path / "data", YEAR).table.set_index("area_code")
    assert found.loc["Y01", "area_name"] == "NHS New Area"
