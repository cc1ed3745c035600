"""The generator of the shipped tables: its formula, its sums, and the tables as they ship."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import published
from iapt_report.reference.making import WEIGHTS, averages, moved, remake, score_from_ranks
from iapt_report.reference.shipped import FOLDER
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = """
[[index]]
edition = 2019
census = 2011
file = "imd.csv"
lsoa = "LSOA"
population = "People"
{scores}
[[boundaries]]
level = "ccg"
year = 2019
census = 2011
file = "before.csv"
lsoa = "LSOA"
nhs_code = "Code"
ons_code = "ONS"
name = "Name"
local_authority = "Authority"

[[boundaries]]
level = "ccg"
year = 2020
census = 2011
file = "after.csv"
lsoa = "LSOA"
nhs_code = "Code"
ons_code = "ONS"
name = "Name"

[[centres]]
census = 2011
file = "centres.csv"
lsoa = "LSOA"
easting = "X"
northing = "Y"
"""


def ranks_of(*rows: list[int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(WEIGHTS))


def test_the_weights_of_the_domains_are_those_published_and_add_to_all() -> None:
    assert list(WEIGHTS.values()) == [0.225, 0.225, 0.135, 0.135, 0.093, 0.093, 0.093]
    assert sum(WEIGHTS.values()) == pytest.approx(0.999), "as published: rounded to three decimals"


def test_the_most_deprived_in_every_domain_scores_most_by_the_published_construction() -> None:
    """The first of all is R = 1 and X = −23 ln(e^(−100/23)) = 100; the last of four is R = 1/4."""
    score = score_from_ranks(ranks_of([1] * 7, [2] * 7, [3] * 7, [4] * 7))
    assert score[0] == pytest.approx(99.9)
    low = 0.999 * -23 * np.log(1 - 0.25 * (1 - np.exp(-100 / 23)))
    assert score[3] == pytest.approx(low) == pytest.approx(6.5112, abs=1e-3)
    assert score.is_monotonic_decreasing


def test_a_tenth_of_small_areas_is_above_half_of_the_scale() -> None:
    n = 32_844
    ranks = pd.DataFrame({name: np.arange(1, n + 1) for name in WEIGHTS})
    exponential = score_from_ranks(ranks) / 0.999
    assert (exponential > 50).mean() == pytest.approx(0.1, abs=0.003), "what the constant is chosen for"


def test_each_domain_counts_by_its_weight() -> None:
    last = [4] * 7
    base = score_from_ranks(ranks_of([4, 4, 4, 4, 4, 4, 4], last, last, last))[0]
    for i, (name, weight) in enumerate(WEIGHTS.items()):
        first = last.copy()
        first[i] = 1
        gained = score_from_ranks(ranks_of(first, last, last, last))[0] - base
        assert gained == pytest.approx(weight * (100 - base / 0.999)), name


def test_averages_weigh_by_population_where_it_is_given() -> None:
    index = pd.DataFrame({"lsoa": ["a", "b", "c"], "score": [10.0, 20.0, 40.0], "rank": [3.0, 2.0, 1.0]})
    lookup = pd.DataFrame(
        {"lsoa": ["a", "b", "c"], "nhs_code": ["X", "X", "Y"], "ons_code": ["E1", "E1", "E2"], "name": ["x", "x", "y"]}
    )
    same = averages(index, lookup).set_index("nhs_code")
    assert (same.loc["X", "average_score"], same.loc["X", "average_rank"], same.loc["X", "lsoas"]) == (15.0, 2.5, 2)
    assert same["population"].isna().all()
    weighed = averages(index.assign(population=[300, 100, 1]), lookup).set_index("nhs_code")
    assert (weighed.loc["X", "average_score"], weighed.loc["X", "population"]) == (12.5, 400)
    with pytest.raises(DataError, match="1 of 3 small areas of the lookup have no score, such as c"):
        averages(index.iloc[:2], lookup)


def test_small_areas_that_went_elsewhere_are_counted_with_what_they_were_part_of() -> None:
    before = pd.DataFrame({"lsoa": list("abcd"), "nhs_code": list("XXYZ"), "name": list("xxyz")})
    after = pd.DataFrame({"lsoa": list("abcd"), "nhs_code": list("XNNZ"), "name": list("xnnz")})
    rows = moved(before, after)[["old_code", "new_code", "lsoas_moved", "of_lsoas"]].to_numpy().tolist()
    assert rows == [["X", "N", 1, 2], ["Y", "N", 1, 1]]


def files(folder: Path, scores: str) -> Path:
    domains = [f"{name} rank" for name in WEIGHTS]
    people = ["1,000", "3,000", "500", "700"]
    published.write(
        folder / "imd.csv",
        ["LSOA", "Score", "People", *domains],
        [[f"E0100000{i}", 40 - 10 * i, people[i], *[i + 1] * 7] for i in range(4)],
    )
    codes = {"before": ["AAA", "AAA", "BBB", "CCC"], "after": ["NNN", "NNN", "NNN", "CCC"]}
    for name, areas in codes.items():
        published.write(
            folder / f"{name}.csv",
            ["LSOA", "Code", "ONS", "Name", "Authority"],
            [[f"E0100000{i}", code, f"E38{code}", f"NHS {code}", "Town"] for i, code in enumerate(areas)],
        )
    published.write(folder / "centres.csv", ["LSOA", "X", "Y"], [[f"E0100000{i}", 100 * i, 10 * i] for i in range(4)])
    path = folder / "recipe.toml"
    path.write_text(RECIPE.format(scores=scores), "utf-8")
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_recipe_makes_every_table(tmp_path: Path) -> None:
    written = remake(files(tmp_path, 'score = "Score"'), tmp_path / "out")
    assert {path.name for path in written} == {path.name for path in FOLDER.glob("*.csv")}
    for path in written:
        ours, shipped = (file.read_text("utf-8").splitlines()[0] for file in (path, FOLDER / path.name))
        assert ours == shipped, "the columns that the package reads"
    first = read(tmp_path / "out" / "deprivation.csv")[0]
    assert first["nhs_code"] == "AAA"
    assert (first["average_score"], first["population"], first["lsoas"]) == ("32.500", "4000", "2")
    moves = read(tmp_path / "out" / "successors.csv")
    assert [(row["until"], row["old_code"], row["new_code"], row["lsoas_moved"]) for row in moves] == [
        ("2020-03-31", "AAA", "NNN", "2"),
        ("2020-03-31", "BBB", "NNN", "1"),
    ]
    assert read(tmp_path / "out" / "local-authorities.csv")[0]["local_authority"] == "Town"
    assert read(tmp_path / "out" / "centres.csv")[0]["easting"] == "50"


def test_scores_that_are_not_published_come_from_the_ranks_of_the_domains(tmp_path: Path) -> None:
    listed = "\n".join(f'{name} = "{name} rank"' for name in WEIGHTS)
    remake(files(tmp_path, f"[index.domains]\n{listed}\n"), tmp_path / "out")
    rows = {row["nhs_code"]: row for row in read(tmp_path / "out" / "deprivation.csv") if row["boundaries"] == "2019"}
    assert float(rows["CCC"]["average_score"]) == pytest.approx(6.5112, abs=1e-3)
    assert float(rows["CCC"]["average_rank"]) == 4


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ("", "neither scores nor the ranks of the seven domains"),
        ('score = "Sorce"', "there is no column 'Sorce'"),
        ('scoer = "Score"', "index.0.scoer"),
        ("score = ", "this is not TOML"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused_and_nothing_is_written(
    tmp_path: Path, scores: str, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        remake(files(tmp_path, scores), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.shared
def test_the_shipped_rows_of_2019_are_made_again_from_the_published_files(shared: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f"""
[[index]]
edition = 2015
census = 2011
file = "{shared / "imd" / "imd2015-lsoa11.csv"}"
lsoa = "LSOA code (2011)"
score = "Index of Multiple Deprivation (IMD) Score"
rank = "Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived)"

[[boundaries]]
level = "ccg"
year = 2019
census = 2011
file = "{shared / "lookups" / "lsoa11-ccg19-lad19.csv"}"
lsoa = "LSOA11CD"
nhs_code = "CCG19CDH"
ons_code = "CCG19CD"
name = "CCG19NM"
""",
        "utf-8",
    )
    (made,) = remake(recipe, tmp_path / "out")
    shipped = [
        row
        for row in read(FOLDER / "deprivation.csv")
        if (row["edition"], row["level"], row["boundaries"]) == ("2015", "ccg", "2019")
    ]
    assert read(made) == shipped
    assert len(shipped) == 191
