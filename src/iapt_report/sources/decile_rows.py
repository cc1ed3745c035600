"""The rows of a published file that are about patients of one deprivation decile, into a table of deciles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.areas import cells, series
from iapt_report.areas.deciles import DECILE_COUNTS, DECILES, ENGLAND, validated_deciles
from iapt_report.areas.group_counts import PARTS
from iapt_report.areas.table import SUPPRESSED, refuse_impossible
from iapt_report.areas.text_table import of_frame
from iapt_report.sources.columns import named_columns, pick
from iapt_report.sources.counts import NOT_AT_CASENESS, read_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from iapt_report.areas.text_table import TextTable
    from iapt_report.sources.formats import DecileRule, Format


@dataclass(frozen=True)
class DecileRows:
    """The deciles of a file's organisations.

    Parameters
    ----------
    frame : DataFrame or None
        As `iapt_report.areas.deciles.validated_deciles` returns it, every organisation of the level read and England;
        None where the file does not have both, or they cannot be used.
    notes : tuple of str
        Why they cannot be used, where they are there.
    """

    frame: pd.DataFrame | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()


def read_decile_rows(content: TextTable, form: Format, level: str, file: object) -> DecileRows:
    """Read the counts by patients' own deprivation of one level of organisation, and of England.

    Patients whose deprivation is not known are left out.

    Parameters
    ----------
    content : TextTable
    form : Format
        Says in ``deciles`` which rows these are.
    level : str
        A key of `iapt_report.sources.formats.level_words`.
    file : object
        The file, for messages.

    Raises
    ------
    DataError
        If a count cannot be, or an organisation has a decile twice.
    """
    rule = form.deciles
    if rule is None:
        return DecileRows()
    kind = next((pick(content.header, header, file) for header, name in form.columns if name == "level"), None)
    names = {header: pick(content.header, header, file) for header in (rule.column, *rule.only)}
    column = names[rule.column]
    if kind is None or column is None or None in names.values():
        return DecileRows()
    import pandas as pd

    levels = content.frame[kind].map(lambda value: form.levels.get(cells.squash(value)))
    chosen = levels.isin([level, ENGLAND])
    for header, allowed in rule.only.items():
        chosen &= content.frame[names[header]].map(cells.squash).isin(allowed)
    if not {level, ENGLAND} <= set(levels[chosen]):
        return DecileRows()
    written = content.frame.loc[chosen, column]
    decile = _deciles(written, rule, form.absent)
    strange = written[decile.isna()]
    if len(strange):
        return DecileRows(notes=(_unread(f"{cells.shown(strange.iloc[0])} is not known to be one of ten"),))
    known = decile > 0
    rows = decile.index[known]
    place, frame = _typed(content, form, level, file, rows)
    frame["area_code"] = frame["area_code"].mask((levels[rows] == ENGLAND).to_numpy(dtype=bool), ENGLAND)
    frame["decile"] = decile[rows].to_numpy("int64")
    place.refuse_repeats(
        frame["area_code"] + " " + frame["decile"].astype(str),
        pd.Series(written[rows].to_numpy(), dtype="str"),
        column,
    )
    refuse_impossible(series.columns_of(frame), place)
    if set(frame.loc[frame["area_code"] == ENGLAND, "decile"]) != set(DECILES):
        return DecileRows(notes=(_unread("it does not have all ten for England"),))
    return DecileRows(validated_deciles(frame, file))


def _unread(why: str) -> str:
    return f"The activity file has counts by the deprivation of patients' own neighbourhoods that are not used: {why}."


def _deciles(written: pd.Series[str], rule: DecileRule, missing: frozenset[str]) -> pd.Series[float]:
    """Say which decile each row is about: 0 where the patients' is not known, missing where the words are strange."""
    unknown = series.is_missing(written, missing)
    return written.map(lambda value: rule.values.get(cells.squash(value))).mask(unknown, 0).astype("float64")


def _typed(
    content: TextTable, form: Format, level: str, file: object, rows: pd.Index[int]
) -> tuple[cells.Place, pd.DataFrame]:
    """Turn some rows of text into organisations and counts, and say where they stand."""
    import pandas as pd

    chosen = content.frame.loc[rows].reset_index(drop=True)
    text, place = named_columns(of_frame(chosen, (content.rows[row] for row in rows)), form, level, file)
    codes = ["UNKNOWN" if cells.is_missing(code, form.absent) else code for code in text["area_code"]]
    counted = read_counts(text, (*DECILE_COUNTS, NOT_AT_CASENESS), form, place)
    frame = pd.DataFrame({"area_code": cells.names(codes, "area_code", place)}, dtype="str")
    for name in DECILE_COUNTS:
        frame[name] = series.nullable(counted.values.get(name, [None] * counted.rows), frame.index)
    frame[SUPPRESSED] = counted.suppressed(DECILE_COUNTS)
    frame[PARTS] = 1
    return place, frame


def merged_deciles(frame: pd.DataFrame, merged: Mapping[str, str]) -> pd.DataFrame:
    """Count the patients of areas that merged with their successors'.

    Parameters
    ----------
    frame : DataFrame
        As `read_decile_rows` gives it.
    merged : mapping of str to str
        The code that each area which merged is counted under.

    Returns
    -------
    DataFrame
        A count that is withheld in one of several parts is not known of their sum, which need not be small; only where
        it is withheld in the one part there is does it stay listed. An area without any figure adds nothing.
    """
    if not set(merged) & set(frame["area_code"]):
        return frame
    silent = frame[list(DECILE_COUNTS)].isna().all(axis="columns").groupby(frame["area_code"]).transform("all")
    rows = frame.assign(area_code=frame["area_code"].map(lambda code: merged.get(code, code)))
    rows = rows[~silent | ~rows["area_code"].isin(rows.loc[~silent, "area_code"])]
    groups = rows.groupby(["area_code", "decile"], sort=True)
    size = groups.size()
    out = groups[[PARTS]].sum()
    for name in DECILE_COUNTS:
        out[name] = groups[name].sum().where(groups[name].count() == size).astype("Int64")
    out[SUPPRESSED] = groups[SUPPRESSED].first().where(size == 1, "")
    return validated_deciles(out.reset_index(), None)
