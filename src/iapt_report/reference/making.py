"""The tables of this package, made again from published files that a recipe names.

A recipe is TOML; a file's path is taken from the recipe's folder, and a column is named by its header in the file::

    [[index]]                       # an edition of the index, by small area
    edition = 2019
    census = 2011                   # the small areas it is about
    file = "domains.csv"
    lsoa = "LSOA code (2011)"
    score = "IMD Score"             # or, where scores are not published, [index.domains]
    rank = "IMD Rank"               # optional: else the rank of the score
    population = "Total population" # optional: else each small area counts the same

    [index.domains]                 # the column of the rank in each domain
    income = "Income Rank"          # and so employment, education, health, crime, housing, environment

    [[boundaries]]                  # a lookup from small areas; in time
    level = "ccg"                   # or "subicb", "icb"
    year = 2019                     # they hold from that April on
    census = 2011
    file = "lookup.csv"
    lsoa = "LSOA11CD"
    nhs_code = "CCG19CDH"
    ons_code = "CCG19CD"
    name = "CCG19NM"
    local_authority = "LAD19NM"     # optional

    [[centres]]                     # optional: the centres of small areas
    census = 2011
    file = "centroids.csv"
    lsoa = "lsoa11cd"
    easting = "X"
    northing = "Y"

    [[official]]                    # optional: average scores as published
    edition = 2015
    level = "ccg"
    year = 2015
    file = "summary.csv"
    ons_code = "CCG code"
    average_score = "IMD average score"
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from iapt_report.areas import cells, series
from iapt_report.areas.text_table import read_table
from iapt_report.reference import deprivation, places, successors
from iapt_report.system import atomic
from iapt_report.system.errors import DataError
from iapt_report.system.toml_text import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

# The published construction of the index: what each domain counts for.
WEIGHTS = {
    "income": 0.225,
    "employment": 0.225,
    "education": 0.135,
    "health": 0.135,
    "crime": 0.093,
    "housing": 0.093,
    "environment": 0.093,
}
# The constant of the published transformation to an exponential distribution: a tenth of small areas get more than 50.
_SCALE = 23.0
_AREA = ["nhs_code", "ons_code", "name"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str


class Index(_Part):
    """An edition of the index by small area."""

    edition: int
    census: int
    lsoa: str
    score: str | None = None
    rank: str | None = None
    population: str | None = None
    domains: dict[str, str] | None = None


class Lookup(_Part):
    """A lookup from small areas to the commissioning areas of one year."""

    level: str
    year: int
    census: int
    lsoa: str
    nhs_code: str
    ons_code: str
    name: str
    local_authority: str | None = None


class Centres(_Part):
    """The centres of small areas."""

    census: int
    lsoa: str
    easting: str
    northing: str


class Official(_Part):
    """Average scores of one set of boundaries, as published."""

    edition: int
    level: str
    year: int
    ons_code: str
    average_score: str


class Recipe(BaseModel):
    """Every file that the tables are made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: tuple[Index, ...] = ()
    boundaries: tuple[Lookup, ...] = ()
    centres: tuple[Centres, ...] = ()
    official: tuple[Official, ...] = ()


def score_from_ranks(ranks: pd.DataFrame) -> pd.Series[float]:
    """Compute the score of the index of multiple deprivation from the ranks of its seven domains.

    Parameters
    ----------
    ranks : DataFrame, shape (small areas, 7)
        A column a domain, as `WEIGHTS` names them; 1 is the most deprived of all the rows.

    Returns
    -------
    Series, shape (small areas,)
        Scores from 0 to 100, higher where more deprived.

    Notes
    -----
    The construction is that of the technical reports of the English Indices of Deprivation: a rank is scaled to (0, 1],
    transformed to an exponential distribution with the constant 23, and the domains are added with their weights.
    """
    import numpy as np

    n = len(ranks)
    scaled = (n + 1 - ranks[list(WEIGHTS)].astype("float64")) / n
    exponential = -_SCALE * np.log(1 - scaled * (1 - np.exp(-100 / _SCALE)))
    score: pd.Series[float] = (exponential * list(WEIGHTS.values())).sum(axis="columns")
    return score


def averages(index: pd.DataFrame, lookup: pd.DataFrame) -> pd.DataFrame:
    """Average an index over the small areas of commissioning areas.

    Parameters
    ----------
    index : DataFrame
        ``lsoa``, ``score``, ``rank`` and, where small areas are weighted by it, ``population``.
    lookup : DataFrame
        ``lsoa``, ``nhs_code``, ``ons_code`` and ``name``.

    Returns
    -------
    DataFrame
        One row an area, sorted by NHS code, with ``lsoas``, ``population`` (nullable), ``average_score`` and
        ``average_rank``.

    Raises
    ------
    DataError
        If a small area of the lookup has no score.
    """
    import pandas as pd

    joined = lookup.merge(index, on="lsoa", how="left")
    if joined["score"].isna().any():
        raise DataError(
            f"{int(joined['score'].isna().sum())} of {len(joined)} small areas of the lookup have no score, such as "
            f"{joined.loc[joined['score'].isna(), 'lsoa'].iloc[0]}",
            expected="an index and a lookup of the same census",
            mend="correct the recipe",
        )
    weighted = "population" in joined
    weight = joined["population"] if weighted else pd.Series(1.0, joined.index)
    moments = joined.assign(weight=weight, score=joined["score"] * weight, rank=joined["rank"] * weight)
    groups = moments.groupby("nhs_code")
    sums = groups[["weight", "score", "rank"]].sum()
    out = groups[["ons_code", "name"]].first()
    out["lsoas"] = groups.size()
    out["population"] = sums["weight"].round().astype("Int64") if weighted else pd.Series(pd.NA, out.index, "Int64")
    out["average_score"], out["average_rank"] = sums["score"] / sums["weight"], sums["rank"] / sums["weight"]
    return out.reset_index()


def moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Say which small areas went from one commissioning area to another.

    Parameters
    ----------
    before, after : DataFrame
        ``lsoa``, ``nhs_code`` and ``name``, of the same small areas.

    Returns
    -------
    DataFrame
        ``old_code``, ``old_name``, ``new_code``, ``new_name``, ``lsoas_moved`` and ``of_lsoas``, sorted by code.
    """
    joined = before.merge(after, on="lsoa", suffixes=("_old", "_new"))
    went = joined[joined["nhs_code_old"] != joined["nhs_code_new"]]
    columns = {f"{part}_{age}": f"{age}_{part.removeprefix('nhs_')}" for age in ("old", "new") for part in _AREA[::2]}
    counted = went.groupby(list(columns)).size().rename("lsoas_moved").reset_index()
    counted["of_lsoas"] = counted["nhs_code_old"].map(before.groupby("nhs_code").size())
    return counted.rename(columns=columns).sort_values(["old_code", "new_code"], ignore_index=True)


def remake(recipe: Path, folder: Path) -> list[Path]:
    """Make the tables from the files that a recipe names.

    Parameters
    ----------
    recipe : Path
    folder : Path
        Where they are written, under the names that they have in the package.

    Returns
    -------
    list of Path
        The files written; a table that the recipe has nothing for is not.

    Raises
    ------
    DataError
        If the recipe or a file cannot be used; nothing is written then.
    """
    made = _made(_read(recipe), recipe.parent)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in made.items():
        if len(table):
            atomic.write_bytes(folder / name, table.to_csv(index=False, lineterminator="\n").encode("utf-8"))
            written.append(folder / name)
    return written


def _read(path: Path) -> Recipe:
    try:
        return Recipe.model_validate(read_toml(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}",
            file=path,
            expected="a recipe, as iapt_report.reference.making has it",
            mend="correct the entry",
        ) from None


def _made(recipe: Recipe, folder: Path) -> Mapping[str, pd.DataFrame]:
    import pandas as pd

    lookups = [(part, _columns(part, folder, [*_AREA, "local_authority"])) for part in recipe.boundaries]
    official = {(o.edition, o.level, o.year): _official(o, folder) for o in recipe.official}
    rows, wheres, near, went = [], [], [], []
    for index in recipe.index:
        scores = _scores(index, folder)
        for part, lookup in lookups:
            if part.census == index.census:
                table = averages(scores, lookup)
                known = official.get((index.edition, part.level, part.year))
                published = table["ons_code"].map({} if known is None else known)
                rows.append(_labelled(table.assign(official=published), edition=index.edition, part=part))
    for part, lookup in lookups:
        if part.local_authority:
            wheres.append(_labelled(_authorities(lookup), part=part))
        near += [
            _labelled(_centred(lookup, _numbers(c, folder, ["easting", "northing"])), part=part)
            for c in recipe.centres
            if c.census == part.census
        ]
    # Sub-ICB locations followed the groups; integrated care boards have no predecessors among them.
    small = sorted((pair for pair in lookups if pair[0].level != "icb"), key=lambda pair: pair[0].year)
    for (before, old), (after, new) in pairwise(small):
        if before.census == after.census:
            changes = moved(old, new)
            changes.insert(0, "until", f"{after.year}-03-31")
            went.append(changes)
    averaged = _joined(rows).rename(columns={"official": "official_average_score"})
    for column, decimals in (("average_score", 3), ("average_rank", 2)):
        if column in averaged:
            averaged[column] = averaged[column].map(f"{{:.{decimals}f}}".format)
    return {
        deprivation.FILE: averaged,
        successors.FILE: _joined(went),
        places.AUTHORITIES_FILE: _joined(wheres),
        places.CENTRES_FILE: _joined(near) if near else pd.DataFrame(),
    }


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _labelled(table: pd.DataFrame, part: Lookup, edition: int | None = None) -> pd.DataFrame:
    """Put edition, level and boundaries before a table's own columns."""
    labels: dict[str, Any] = {"level": part.level, "boundaries": part.year}
    return table.assign(**({} if edition is None else {"edition": edition}), **labels)[
        [*([] if edition is None else ["edition"]), *labels, *table.columns]
    ]


def _columns(part: _Part, folder: Path, names: Sequence[str]) -> pd.DataFrame:
    """Read the columns of text that a part names, as ``lsoa`` and ``names``."""
    path = folder / part.file
    content = read_table(path)
    wanted = {name: header for name in ("lsoa", *names) if (header := getattr(part, name, None))}
    for name, header in wanted.items():
        if header not in content.header:
            raise DataError(
                f"there is no column {header!r} ({name}); the file has {', '.join(map(repr, content.header[:12]))}",
                file=path,
                expected="the headers that the recipe names",
                mend="correct the recipe",
            )
    place = cells.Place(path, content.rows)
    found = content.frame[list(wanted.values())].set_axis(list(wanted), axis="columns")
    frame: pd.DataFrame = found.apply(lambda column: column.str.strip())
    if "lsoa" in frame:
        place.refuse_repeats(frame["lsoa"], frame["lsoa"], wanted["lsoa"])
    return frame


def _numbers(part: _Part, folder: Path, names: Sequence[str]) -> pd.DataFrame:
    """Read the columns of numbers that a part names, beside ``lsoa``; thousands may be parted by commas."""
    frame = _columns(part, folder, names)
    place = cells.Place(folder / part.file, range(2, len(frame) + 2))
    for name in names:
        if name in frame:
            frame[name] = series.numbers(frame[name].str.replace(",", ""), name, place)
    return frame


def _scores(index: Index, folder: Path) -> pd.DataFrame:
    """Read an index, or compute its scores from the ranks of its domains."""
    frame = _numbers(index, folder, ["score", "rank", "population"])
    if index.score is None:
        domains = index.domains or {}
        if set(domains) != set(WEIGHTS):
            raise DataError(
                f"the index of {index.edition} has neither scores nor the ranks of the seven domains",
                file=folder / index.file,
                expected=f"score, or [index.domains] with {', '.join(WEIGHTS)}",
                mend="name the columns in the recipe",
            )
        content = read_table(folder / index.file)
        place = cells.Place(folder / index.file, content.rows)
        ranks = {
            name: series.numbers(content.frame[header].str.replace(",", ""), header, place)
            for name, header in domains.items()
        }
        frame["score"] = score_from_ranks(frame[["lsoa"]].assign(**ranks))
    if "rank" not in frame:
        frame["rank"] = frame["score"].rank(ascending=False)
    return frame


def _official(part: Official, folder: Path) -> dict[str, float]:
    frame = _columns(part, folder, ["ons_code"])
    values = _numbers(part, folder, ["average_score"])["average_score"]
    return dict(zip(frame["ons_code"], values, strict=True))


def _authorities(lookup: pd.DataFrame) -> pd.DataFrame:
    """Count the small areas that an area has in each local authority."""
    counted = lookup.groupby(["nhs_code", "local_authority"]).size().rename("lsoas").reset_index()
    return counted.assign(of_lsoas=counted["nhs_code"].map(lookup.groupby("nhs_code").size()))


def _centred(lookup: pd.DataFrame, centres: pd.DataFrame) -> pd.DataFrame:
    """Average the centres of the small areas of each area."""
    groups = lookup.merge(centres, on="lsoa").groupby(["nhs_code", "ons_code"])
    return groups[["easting", "northing"]].mean().round().astype(int).reset_index()
