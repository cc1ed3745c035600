"""The counts of a published file: which were withheld, what rounding leaves open, and who was at caseness."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.sources.precision import count_bounds, step_of

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from iapt_report.sources.formats import Format

NOT_AT_CASENESS = "not_at_caseness"
_AT_CASENESS = "at_caseness"
_FINISHED = "finished_treatment"


@dataclass(frozen=True)
class Counted:
    """Counts, one row an organisation.

    Parameters
    ----------
    values : DataFrame
        The counts that the file has, nullable integers. ``at_caseness`` is the published denominator of recovery: who
        finished treatment less who was not at caseness, wherever the file has both.
    withheld : DataFrame of bool
        Which of them the source withheld because they are small.
    bounds : dict of str to (Series, Series)
        The least and the most that each can be.
    step : int
        They are rounded to the nearest multiple of this.
    derived : bool
        Whether ``at_caseness`` is such a difference.
    """

    values: pd.DataFrame = field(repr=False)
    withheld: pd.DataFrame = field(repr=False)
    bounds: dict[str, tuple[pd.Series[int], pd.Series[int]]] = field(repr=False)
    step: int
    derived: bool

    def suppressed(self, names: Collection[str]) -> list[str]:
        """List, for each row, which of some counts were withheld, parted by semicolons."""
        named = [name for name in names if name in self.withheld]
        rows = self.withheld[named].to_numpy()
        return [";".join(name for name, withheld in zip(named, row, strict=True) if withheld) for row in rows]


def read_counts(
    chosen: pd.DataFrame, names: Collection[str], form: Format, place: cells.Place, *, rounded: bool = True
) -> Counted:
    """Read the counts of a table of text, and derive who was at caseness.

    Parameters
    ----------
    chosen : DataFrame of str
        Columns by their canonical names.
    names : collection of str
        The counts to read, those of them that are there.
    form : Format
    place : Place
        For messages.
    rounded : bool
        Whether counts may be rounded, as those of England are not.

    Raises
    ------
    DataError
        If a count cannot be, or more recovered than can have been at caseness.
    """
    import pandas as pd

    read = [name for name in names if name in chosen]
    counts = pd.DataFrame(
        {name: cells.counts(chosen[name], name, place, form.absent) for name in read}, index=chosen.index
    )
    withheld = pd.DataFrame(
        {name: chosen[name].str.strip().isin(form.suppressed) for name in read}, index=chosen.index, dtype=bool
    )
    step = step_of(counts, form.rounded_to) if rounded else 1
    bounds = {name: count_bounds(counts[name], withheld[name], step, form.rounded_to) for name in read}
    if not {_FINISHED, NOT_AT_CASENESS} <= set(read):
        return Counted(counts, withheld, bounds, step, derived=False)
    whole, part = bounds[_FINISHED], bounds[NOT_AT_CASENESS]
    bounds[_AT_CASENESS] = ((whole[0] - part[1]).clip(lower=0), whole[1] - part[0])
    derived = _difference(counts, form.rounded_to, place)
    if _AT_CASENESS in read:
        derived = _filled(derived, counts, withheld[NOT_AT_CASENESS], form.rounded_to)
    counts[_AT_CASENESS] = derived
    withheld[_AT_CASENESS] = derived.isna() & (withheld[_FINISHED] | withheld[NOT_AT_CASENESS])
    return Counted(counts, withheld, bounds, step, derived=True)


def _filled(derived: pd.Series[int], counts: pd.DataFrame, withheld: pd.Series[bool], under: int) -> pd.Series[int]:
    """Say who was at caseness where those who were not are withheld: what they allow that is nearest the file's own.

    They are fewer than ``under``, which is no more than rounding leaves open of other counts. None where more reached
    an outcome than that allows.
    """
    least = counts[_FINISHED] - (under - 1)
    for outcome in OUTCOMES.values():
        if outcome.cases == _AT_CASENESS and outcome.reached in counts:
            least = least.where((least >= counts[outcome.reached]).fillna(value=True), counts[outcome.reached])
    own = counts[_AT_CASENESS]
    nearest = own.mask((own < least).fillna(value=False), least)
    nearest = nearest.mask((nearest > counts[_FINISHED]).fillna(value=False), counts[_FINISHED])
    possible = (least <= counts[_FINISHED]).fillna(value=False) & withheld
    return derived.mask(possible.astype(bool) & derived.isna(), nearest)


def _difference(counts: pd.DataFrame, rounded_to: int, place: cells.Place) -> pd.Series[int]:
    """Take who was not at caseness from who finished treatment.

    Where counts are rounded, the difference can fall below the number recovered by a step or two; it is then not known.
    Further below it is refused.
    """
    difference = counts[_FINISHED] - counts[NOT_AT_CASENESS]
    reach = 0 if rounded_to == 1 else 2 * rounded_to
    place.refuse(
        counts[NOT_AT_CASENESS],
        difference < -reach,
        NOT_AT_CASENESS,
        expected="no more than finished treatment",
        mend="correct one of the two counts",
    )
    impossible = difference < 0
    for outcome in OUTCOMES.values():
        if outcome.cases == _AT_CASENESS and outcome.reached in counts:
            more = counts[outcome.reached] - difference
            place.refuse(
                counts[outcome.reached],
                more > reach,
                outcome.reached,
                expected="no more than finished treatment less those not at caseness",
                mend="correct one of the counts",
            )
            impossible |= more > 0
    return difference.mask(impossible.fillna(value=False))
