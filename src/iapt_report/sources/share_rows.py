"""The rows of a published file that are about one group of an organisation's patients, into a table of shares."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.areas import cells, series
from iapt_report.areas.deciles import ENGLAND
from iapt_report.areas.group_counts import PARTS
from iapt_report.areas.shares import GROUP, KNOWN, VARIABLE, WITHIN, validated_shares, with_shares
from iapt_report.areas.table import COUNTS, SUPPRESSED, refuse_impossible
from iapt_report.areas.text_table import of_frame
from iapt_report.sources.columns import chosen_rows, named_columns, pick
from iapt_report.sources.counts import NOT_AT_CASENESS, read_counts
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from iapt_report.areas.text_table import TextTable
    from iapt_report.sources.formats import Format, ShareRule

_FINISHED = "finished_treatment"


@dataclass(frozen=True)
class ShareRows:
    """The patients of a file's organisations by group.

    Parameters
    ----------
    frame : DataFrame or None
        As `iapt_report.areas.shares.validated_shares` returns it, every organisation of the level read and England;
        None where the file tells nothing of groups.
    notes : tuple of str
        Which variables cannot be used, and why.
    """

    frame: pd.DataFrame | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()


def read_share_rows(content: TextTable, form: Format, level: str, file: object) -> ShareRows:
    """Read the counts by group of one level of organisation, and of England, whatever the variables are called.

    A share is that of the patients who finished treatment and of whom the variable is known: all of the organisation
    less those of an unknown group; a number of these that is withheld counts as none. So it needs neither that the
    groups part the patients, nor that all their counts are published. Groups that are unknown, or of which the file has
    no count, are left out. A variable whose counts cannot be is left out, and a note says so; nothing is refused.

    Parameters
    ----------
    content : TextTable
    form : Format
        Says in ``shares`` which rows these are.
    level : str
        A key of `iapt_report.sources.formats.level_words`.
    file : object
        The file, for messages.
    """
    rule = form.shares
    kind = next((pick(content.header, header, file) for header, name in form.columns if name == "level"), None)
    if rule is None or kind is None:
        return ShareRows()
    columns = [named for header in rule.columns if (named := pick(content.header, header, file)) is not None]
    if len(columns) < min(2, len(rule.columns)):
        return ShareRows()
    import pandas as pd

    levels = content.frame[kind].map(lambda value: form.levels.get(cells.squash(value)))
    organised = levels.isin([level, ENGLAND])
    whole = pd.Series(chosen_rows(content, form, file, whole=True), index=organised.index, dtype=bool)
    totals = _totals(content, form, level, file, whole & organised, levels)
    variables = content.frame[columns[0]].map(_spaced)
    folded = variables.map(cells.squash)
    others = organised & ~folded.isin(rule.without) & ~series.is_missing(variables, form.absent)
    found: list[pd.DataFrame] = []
    notes: list[str] = []
    for key in dict.fromkeys(variables[others].str.casefold()):
        rows = variables.index[others & (variables.str.casefold() == key)]
        name = variables[rows[0]]
        labels = _labels(content.frame.loc[rows, columns[1:]], rule, form.absent)
        try:
            found.append(_variable(content, form, level, file, name, labels, levels, totals))
        except DataError as error:
            where = f" (row {error.row})" if error.row else ""
            notes.append(
                f"The activity file has counts by {cells.shown(name)} that are not used: {error.problem}{where}."
            )
    kept = [frame for frame in found if len(frame)]
    frame = validated_shares(pd.concat(kept, ignore_index=True)) if kept else None
    return ShareRows(frame, tuple(notes))


def _spaced(text: str) -> str:
    return " ".join(str(text).split())


def _labels(written: pd.DataFrame, rule: ShareRule, missing: frozenset[str]) -> pd.Series[str]:
    """Name the group that each row is about: a part of a group after the group itself; missing where it is not known.

    One that differs from another by capitals and spaces only is written as that.
    """
    import pandas as pd

    spelt: dict[str, str] = {}

    def of(row: tuple[str, ...]) -> str | None:
        parts = [_spaced(cell) for cell in row]
        if any(_is_unknown(part, rule) for part in parts if part not in missing):
            return None
        named = [
            part for i, part in enumerate(parts) if part not in missing and not (i and cells.squash(part) in rule.whole)
        ]
        text = WITHIN.join(named)
        return spelt.setdefault(text.casefold(), text) if text else None

    return pd.Series([of(row) for row in written.itertuples(index=False)], index=written.index, dtype="str")


def _is_unknown(text: str, rule: ShareRule) -> bool:
    """Whether a group is of those of whom it is not known: every word for it between strokes says so."""
    return all(cells.squash(part) in rule.unknown for part in re.split(r"[/,;|]", text) if part.strip())


def _variable(
    content: TextTable,
    form: Format,
    level: str,
    file: object,
    name: str,
    labels: pd.Series[str],
    levels: pd.Series[str],
    totals: Mapping[str, int],
) -> pd.DataFrame:
    """Read the groups of one variable, with their shares."""
    import pandas as pd

    place, frame = _typed(content, form, level, file, labels.index)
    frame["area_code"] = _coded(frame["area_code"], levels[labels.index])
    unknown = labels.isna().to_numpy(dtype=bool)
    text = pd.Series(labels.fillna("not known").to_numpy(), dtype="str")
    frame[VARIABLE] = series.names(pd.Series(name, index=frame.index, dtype="str"), VARIABLE, place)
    frame[GROUP] = series.names(text, GROUP, place)
    # Several kinds of not known are one.
    unsaid = frame[unknown].groupby("area_code")[_FINISHED].sum()
    whole = frame["area_code"].map(totals).astype("Int64")
    frame[KNOWN] = (whole - frame["area_code"].map(unsaid).fillna(0).astype("Int64")).clip(lower=0)
    frame = frame.assign(row=range(len(frame)))[~unknown]
    told = frame[_FINISHED].notna().groupby(frame[GROUP]).transform("any").to_numpy(dtype=bool)
    frame = frame[told]
    rows = frame.pop("row")
    frame = frame.reset_index(drop=True)
    place = cells.Place(file, tuple(place.rows[row] for row in rows), place.spelling)
    place.refuse_repeats(frame["area_code"] + "\n" + frame[GROUP], frame[GROUP], GROUP)
    refuse_impossible(series.columns_of(frame), place)
    return with_shares(frame)


def _coded(codes: pd.Series[str], levels: pd.Series[str]) -> pd.Series[str]:
    return codes.mask((levels == ENGLAND).to_numpy(dtype=bool), ENGLAND)


def _typed(
    content: TextTable, form: Format, level: str, file: object, rows: pd.Index[int]
) -> tuple[cells.Place, pd.DataFrame]:
    """Turn some rows of text into organisations and counts, and say where they stand."""
    import pandas as pd

    chosen = content.frame.loc[rows].reset_index(drop=True)
    text, place = named_columns(of_frame(chosen, (content.rows[row] for row in rows)), form, level, file)
    codes = ["UNKNOWN" if cells.is_missing(code, form.absent) else code for code in text["area_code"]]
    counted = read_counts(text, (*COUNTS, NOT_AT_CASENESS), form, place)
    frame = pd.DataFrame({"area_code": cells.names(codes, "area_code", place)}, dtype="str")
    for name in COUNTS:
        frame[name] = series.nullable(counted.values.get(name, [None] * counted.rows), frame.index)
    frame[SUPPRESSED] = counted.suppressed(COUNTS)
    frame[PARTS] = 1
    return place, frame


def _totals(
    content: TextTable, form: Format, level: str, file: object, which: pd.Series[bool], levels: pd.Series[str]
) -> dict[str, int]:
    """Return how many finished treatment in each organisation, where it is known."""
    rows = which.index[which]
    _, frame = _typed(content, form, level, file, rows)
    codes = _coded(frame["area_code"], levels[rows])
    known = frame[_FINISHED].notna()
    return dict(zip(codes[known], frame.loc[known, _FINISHED].astype(int), strict=True))


def merged_shares(frame: pd.DataFrame, merged: Mapping[str, str]) -> pd.DataFrame:
    """Count the patients of areas that merged with their successors'.

    Parameters
    ----------
    frame : DataFrame
        As `read_share_rows` gives it.
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
    silent = (frame[list(COUNTS)].isna().all(axis="columns") & frame[KNOWN].isna()).groupby(frame["area_code"])
    nothing = silent.transform("all")
    rows = frame.assign(area_code=frame["area_code"].map(lambda code: merged.get(code, code)))
    rows = rows[~nothing | ~rows["area_code"].isin(rows.loc[~nothing, "area_code"])]
    groups = rows.groupby(["area_code", VARIABLE, GROUP], sort=True)
    size = groups.size()
    out = groups[[PARTS]].sum()
    for name in (*COUNTS, KNOWN):
        out[name] = groups[name].sum().where(groups[name].count() == size).astype("Int64")
    out[SUPPRESSED] = groups[SUPPRESSED].first().where(size == 1, "")
    return validated_shares(with_shares(out.reset_index()))
