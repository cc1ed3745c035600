"""How many patients an import may lose: said above one share, refused above another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from iapt_report.areas.exclusion import loss_of
from iapt_report.areas.numerals import grouped
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.areas.exclusion import Exclusion, Loss
    from iapt_report.areas.rows import Row

SAID_ABOVE = 0.01
REFUSED_ABOVE = 0.05
_LISTED = 6


def in_words(loss: Loss) -> str:
    """Say a loss in a sentence: how many organisations, and how many of the patients, are left out."""
    n = loss.organisations
    return (
        f"{n} organisation{'' if n == 1 else 's'} left out {'has' if n == 1 else 'have'} {_share(loss.share)} of the "
        f"patients: {_of(loss.finished_treatment, loss.all_finished_treatment)} who finished a course of treatment, "
        f"and {_of(loss.referrals, loss.all_referrals)} referrals."
    )


def loss_note(loss: Loss) -> tuple[str, ...]:
    """Return the sentence for the notes, where the loss is to be said."""
    return (in_words(loss),) if loss.share > SAID_ABOVE else ()


def loss_with(kept: Sequence[Row], excluded: Sequence[Exclusion], *, mendable: bool = False) -> Loss:
    """Count the patients of organisations left out, beside the rows of those to analyse."""
    referrals, finished = (sum(row[name] for row in kept) for name in ("referrals", "finished_treatment"))
    return loss_of(referrals, finished, excluded, mendable=mendable)


def refuse_loss(kept: Sequence[Row], excluded: Sequence[Exclusion], accepted: float | None, file: object) -> None:
    """Refuse an import that loses too many patients.

    An organisation whose source does not publish what is needed does not count here: nobody could mend that.

    Parameters
    ----------
    kept : sequence of Row
        The areas to analyse.
    excluded : sequence of Exclusion
    accepted : float or None
        The share (0 to 1) that the user accepts, where that is more.
    file : object
        The activity, for messages.

    Raises
    ------
    DataError
        If more than 5%, or the share accepted, is lost.
    """
    loss = loss_with(kept, excluded, mendable=True)
    most = REFUSED_ABOVE if accepted is None else max(accepted, REFUSED_ABOVE)
    if loss.share <= most:
        return
    lost = sorted(
        (area for area in excluded if not area.unpublished and (area.finished_treatment or area.referrals)),
        key=lambda area: -(area.finished_treatment or 0),
    )
    named = "; ".join(f"{area.area_code} {area.area_name}: {area.reason}" for area in lost[:_LISTED])
    needed = math.ceil(100 * loss.share) / 100
    raise DataError(
        f"{in_words(loss)[:-1]} ({named}{'; and others' if len(lost) > _LISTED else ''})",
        file=file,
        expected=f"at most {_share(most)} of the patients left out",
        mend="give files that have these areas: a lookup, an index or --successors of the period, or all its months; "
        f"or accept the loss with --accept-loss {needed:.2f}",
    )


def _of(part: int, whole: int) -> str:
    return f"{grouped(part)} of {grouped(whole)}"


def _share(share: float) -> str:
    return f"{100 * share:.1f}%"
