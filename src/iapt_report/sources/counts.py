"""The counts of a published file: which were withheld, what rounding leaves open, and who was at caseness."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from iapt_report.areas import cells
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.sources.precision import count_bounds, step_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from iapt_report.areas.outcomes import Outcome
    from iapt_report.sources.formats import Format

Counts: TypeAlias = "list[int | None]"

NOT_AT_CASENESS = "not_at_caseness"
_AT_CASENESS = "at_caseness"
_FINISHED = "finished_treatment"


@dataclass(frozen=True)
class Counted:
    """Counts, column by column, one cell an organisation.

    Parameters
    ----------
    values : dict of str to list of (int or None)
        The counts that the file has. ``at_caseness`` is the published denominator of recovery: who finished treatment
        less who was not at caseness, wherever the file has both.
    withheld : dict of str to list of bool
        Which of them the source withheld because they are small.
    bounds : dict of str to (list, list)
        The least and the most that each can be.
    step : int
        They are rounded to the nearest multiple of this.
    derived : bool
        Whether ``at_caseness`` is such a difference.
    rows : int
        How many organisations there are.
    """

    values: dict[str, Counts] = field(repr=False)
    withheld: dict[str, list[bool]] = field(repr=False)
    bounds: dict[str, tuple[Counts, Counts]] = field(repr=False)
    step: int
    derived: bool
    rows: int

    def suppressed(self, names: Collection[str]) -> list[str]:
        """List, for each row, which of some counts were withheld, parted by semicolons."""
        named = [name for name in names if name in self.withheld]
        flags = [self.withheld[name] for name in named]
        return [";".join(name for name, own in zip(named, flags, strict=True) if own[row]) for row in range(self.rows)]


def read_counts(
    chosen: Mapping[str, Sequence[str]],
    names: Collection[str],
    form: Format,
    place: cells.Place,
    *,
    rounded: bool = True,
) -> Counted:
    """Read the counts of a table of text, and derive who was at caseness.

    Parameters
    ----------
    chosen : mapping of str to sequence of str
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
    read = [name for name in names if name in chosen]
    counts = {name: cells.counts(chosen[name], name, place, form.absent) for name in read}
    withheld = {name: [cell.strip() in form.suppressed for cell in chosen[name]] for name in read}
    step = step_of(counts.values(), form.rounded_to) if rounded else 1
    bounds = {name: count_bounds(counts[name], withheld[name], step, form.rounded_to) for name in read}
    if not {_FINISHED, NOT_AT_CASENESS} <= set(read):
        return Counted(counts, withheld, bounds, step, derived=False, rows=len(place.rows))
    whole, part = bounds[_FINISHED], bounds[NOT_AT_CASENESS]
    least = [None if gap is None else max(gap, 0) for gap in _gaps(whole[0], part[1])]
    bounds[_AT_CASENESS] = least, _gaps(whole[1], part[0])
    derived = _difference(counts, form.rounded_to, place)
    if _AT_CASENESS in read:
        derived = _filled(derived, counts, withheld[NOT_AT_CASENESS], form.rounded_to)
    counts[_AT_CASENESS] = derived
    withheld[_AT_CASENESS] = [
        own is None and (of_whole or of_part)
        for own, of_whole, of_part in zip(derived, withheld[_FINISHED], withheld[NOT_AT_CASENESS], strict=True)
    ]
    return Counted(counts, withheld, bounds, step, derived=True, rows=len(place.rows))


def _gaps(whole: Counts, part: Counts) -> Counts:
    """Take counts from others; not known where one of the two is not."""
    return [None if n is None or m is None else n - m for n, m in zip(whole, part, strict=True)]


def _filled(derived: Counts, counts: Mapping[str, Counts], withheld: Sequence[bool], under: int) -> Counts:
    """Say who was at caseness where those who were not are withheld: what they allow that is nearest the file's own.

    They are fewer than ``under``, which is no more than rounding leaves open of other counts. None where more reached
    an outcome than that allows.
    """
    reached = [counts[outcome.reached] for outcome in _of_caseness(counts)]
    found = []
    for row, known in enumerate(derived):
        finished, own = counts[_FINISHED][row], counts[_AT_CASENESS][row]
        nearest = known
        if known is None and withheld[row] and finished is not None:
            least = max([finished - (under - 1), *(n for column in reached if (n := column[row]) is not None)])
            if least <= finished:
                nearest = None if own is None else min(max(own, least), finished)
        found.append(nearest)
    return found


def _of_caseness(counts: Mapping[str, Counts]) -> list[Outcome]:
    """Return the outcomes of those at caseness that there are counts of."""
    return [outcome for outcome in OUTCOMES.values() if outcome.cases == _AT_CASENESS and outcome.reached in counts]


def _difference(counts: Mapping[str, Counts], rounded_to: int, place: cells.Place) -> Counts:
    """Take who was not at caseness from who finished treatment.

    Where counts are rounded, the difference can fall below the number recovered by a step or two; it is then not known.
    Further below it is refused.
    """
    difference = _gaps(counts[_FINISHED], counts[NOT_AT_CASENESS])
    reach = 0 if rounded_to == 1 else 2 * rounded_to
    place.refuse(
        counts[NOT_AT_CASENESS],
        [gap is not None and gap < -reach for gap in difference],
        NOT_AT_CASENESS,
        expected="no more than finished treatment",
        mend="correct one of the two counts",
    )
    impossible = [gap is not None and gap < 0 for gap in difference]
    for outcome in _of_caseness(counts):
        more = [surplus or 0 for surplus in _gaps(counts[outcome.reached], difference)]
        place.refuse(
            counts[outcome.reached],
            [surplus > reach for surplus in more],
            outcome.reached,
            expected="no more than finished treatment less those not at caseness",
            mend="correct one of the counts",
        )
        impossible = [before or surplus > 0 for before, surplus in zip(impossible, more, strict=True)]
    return [None if wrong else gap for gap, wrong in zip(difference, impossible, strict=True)]
