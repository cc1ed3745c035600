"""The English index of multiple deprivation (IMD): by lower-layer super output area (LSOA), or by organisation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.text_table import refuse_empty
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iapt_report.areas.text_table import TextTable

_LSOA = re.compile(r"[EW]01\d{6}")
# What is made of a score or a rank, and is neither.
_GROUPED = re.compile(r"quintile|quartile|decile|percentile|centile|ventile|band|group|proportion|percent|category")
# A comma or a space parts thousands; with a score it could as well be a decimal comma, and is refused there.
_PARTING = re.compile("[, \u00a0\u2009\u202f]")
_THOUSANDS = re.compile(rf"[0-9]{{1,3}}(?:{_PARTING.pattern}[0-9]{{3}})+(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Deprivation:
    """The deprivation of every small area.

    Parameters
    ----------
    lsoas : list of str
        Their codes.
    values : list of float
        The score of each, or the rank where only ranks are published.
    weights : list of float
        The population of each, or 1.
    by_score : bool
        Whether ``values`` are scores (higher is more deprived) or ranks (lower is more deprived).
    by_population : bool
        Whether ``weights`` are populations.
    file : str
        The name of the file.
    """

    lsoas: list[str] = field(repr=False)
    values: list[float] = field(repr=False)
    weights: list[float] = field(repr=False)
    by_score: bool
    by_population: bool
    file: str


def _is_lsoa(name: str) -> bool:
    folded = cells.squash(name)
    return folded.startswith("lsoa") and ("code" in folded or bool(re.fullmatch(r"lsoa\d*cd", folded)))


def _is_overall(folded: str) -> bool:
    return "multipledeprivation" in folded or folded.startswith("imd")


def _is_score(name: str) -> bool:
    folded = cells.squash(name)
    return _is_overall(folded) and "score" in folded and "rank" not in folded and not _GROUPED.search(folded)


def _is_rank(name: str) -> bool:
    folded = cells.squash(name)
    return _is_overall(folded) and "rank" in folded and "score" not in folded and not _GROUPED.search(folded)


def _is_population(name: str) -> bool:
    folded = cells.squash(name)
    return "population" in folded and not any(part in folded for part in ("aged", "dependent", "working", "older"))


_PLAIN = frozenset(
    f"{index}{measure}" for index in ("imd", "indexofmultipledeprivationimd") for measure in ("score", "rank")
)


def _first(header: list[str], test: Callable[[str], bool]) -> str | None:
    return next((name for name in header if test(name)), None)


def _only(header: list[str], test: Callable[[str], bool], what: str, file: object) -> str | None:
    """Return the one column that could be what is looked for, None where none could.

    Raises
    ------
    DataError
        If several could, of which none is named more plainly than the others.
    """
    found = [name for name in header if test(name)]
    plainest = [name for name in found if cells.squash(name) in _PLAIN]
    if len(found) > 1 and len(plainest) != 1:
        raise DataError(
            f"{len(found)} columns could be {what}: {', '.join(map(repr, found[:4]))}",
            file=file,
            row=1,
            expected=f"one column that is {what}",
            mend="leave the one that is meant, and remove the others",
        )
    return next(iter(plainest or found), None)


def _without_thousands(text: Iterable[str]) -> list[str]:
    """Take the signs that part thousands out of ranks."""
    return [_PARTING.sub("", cell) if _THOUSANDS.fullmatch(cell.strip()) else cell for cell in text]


def is_deprivation(header: list[str]) -> bool:
    """Whether a file with this header gives the IMD of small areas."""
    return bool(_first(header, _is_lsoa) and (_first(header, _is_score) or _first(header, _is_rank)))


def read_deprivation(content: TextTable, file: object) -> Deprivation:
    """Read IMD scores, or ranks where there are no scores, and populations where they are given.

    Raises
    ------
    DataError
        If a column is missing or a value cannot be.
    """
    refuse_empty(content, file, "a row a small area")
    header = content.header
    lsoa = _first(header, _is_lsoa)
    score = _only(header, _is_score, "the IMD score", file)
    rank = None if score else _only(header, _is_rank, "the IMD rank", file)
    value = score or rank
    if lsoa is None or value is None:
        what = "a column of LSOA codes" if lsoa is None else "a column of IMD scores or ranks"
        raise DataError(
            f"{what} is missing; the file has {', '.join(map(repr, header[:8]))}",
            file=file,
            row=1,
            expected="'LSOA code (2011)' and 'Index of Multiple Deprivation (IMD) Score' or '… Rank', or their like",
            mend="give the official file of the indices of deprivation by LSOA",
        )
    population = _first(header, _is_population)
    place = cells.Place(file, content.rows)
    codes = [code.strip() for code in content.column(lsoa)]
    odd = [not _LSOA.fullmatch(code) for code in codes]
    place.refuse(codes, odd, lsoa, expected="an LSOA code such as E01000001", mend="correct it")
    place.refuse_repeats(codes, codes, lsoa)
    text = content.column(value)
    values = cells.numbers(text if score else _without_thousands(text), value, place)
    missing = [number is None for number in values]
    place.refuse(text, missing, value, expected="a value for every LSOA", mend="fill it in")
    known = [number for number in values if number is not None]
    negative = [number < 0 for number in known]
    place.refuse(text, negative, value, expected="a score or rank, 0 or more", mend="correct it")
    weights = [1.0] * len(content)
    if population is not None:
        text = content.column(population)
        found = cells.numbers([cell.replace(",", "") for cell in text], population, place)
        bad = [weight is None or weight < 0 for weight in found]
        place.refuse(text, bad, population, expected="a population, 0 or more", mend="correct it")
        weights = [weight for weight in found if weight is not None]
    return Deprivation(
        codes,
        known,
        weights,
        by_score=score is not None,
        by_population=population is not None,
        file=Path(str(file)).name,
    )


@dataclass(frozen=True)
class Summary:
    """The deprivation of organisations, as officially summarised.

    Parameters
    ----------
    codes : list of str
        Of the Office for National Statistics or the NHS.
    names : list of str
        Empty where there is none.
    values : list of float
        Average scores, or average ranks where there are no scores.
    by_score : bool
        Whether ``values`` are scores (higher is more deprived).
    official : bool
        Whether the file is an official summary, and not a user's own list of codes and scores or ranks.
    file : str
        The name of the file.
    """

    codes: list[str] = field(repr=False)
    names: list[str] = field(repr=False)
    values: list[float] = field(repr=False)
    by_score: bool
    official: bool
    file: str


def _is_average(name: str, measure: str) -> bool:
    folded = cells.squash(name)
    return folded.startswith("imd") and folded.endswith(f"average{measure}") and "rankof" not in folded


def _is_own(name: str, measure: str) -> bool:
    return cells.squash(name) == f"imd{measure}"


def _organisation(header: list[str], part: str) -> list[str]:
    return [name for name in header if re.search(rf"{part}(\d{{4}})?$", cells.squash(name))]


def _averages(header: list[str], measure: str) -> list[str]:
    """Return the columns of average scores, or ranks; where there is none, those that a user's own file calls so."""
    named = [name for name in header if _is_average(name, measure)]
    return named or [name for name in header if _is_own(name, measure)]


def _chosen(found: list[str], what: str, file: object) -> str | None:
    """Return the column found; refuse to choose between several."""
    return _only(found, lambda _: True, what, file)


def is_summary(header: list[str]) -> bool:
    """Whether a file with this header gives the IMD of organisations: an official summary, or a user's own."""
    valued = _averages(header, "score") or _averages(header, "rank")
    return bool(valued and _organisation(header, "code"))


def read_summary(content: TextTable, file: object) -> Summary:
    """Read the average IMD scores of organisations, or their average ranks where there are no scores.

    Raises
    ------
    DataError
        If a value cannot be, or an organisation is there twice.
    """
    refuse_empty(content, file, "a row an organisation")
    header = content.header
    score = _chosen(_averages(header, "score"), "the IMD score", file)
    rank = None if score else _chosen(_averages(header, "rank"), "the IMD rank", file)
    value, code = score or rank, _chosen(_organisation(header, "code"), "the organisation's code", file)
    assert value is not None  # noqa: S101 - what `is_summary` has made sure of
    name = next(iter(_organisation(header, "name")), None)
    place = cells.Place(file, content.rows)
    codes = cells.names(content.column(str(code)), str(code), place)
    place.refuse_repeats(codes, codes, str(code))
    text = content.column(value)
    values = cells.numbers(text if score else _without_thousands(text), value, place)
    bad = [number is None or number < 0 for number in values]
    place.refuse(text, bad, value, expected="a number, 0 or more", mend="correct it")
    names = [""] * len(content) if name is None else cells.names(content.column(name), name, place)
    official = _is_average(value, "score") or _is_average(value, "rank")
    known = [number for number in values if number is not None]
    return Summary(codes, names, known, by_score=score is not None, official=official, file=Path(str(file)).name)
