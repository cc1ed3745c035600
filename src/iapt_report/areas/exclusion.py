"""Organisations that are left out of an analysis, and how many patients are lost with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Exclusion:
    """An organisation that a source names and the analysis leaves out, with the reason.

    Parameters
    ----------
    area_code, area_name, reason : str
    referrals, finished_treatment : int or None
        Its patients, as far as the source gives them: of a period whose months are not all there, those of the months
        that are. None where nothing is known.
    unpublished : bool
        Whether its source does not publish what the analysis needs; nobody but the publisher could mend that.
    """

    area_code: str
    area_name: str
    reason: str
    referrals: int | None = None
    finished_treatment: int | None = None
    unpublished: bool = False


@dataclass(frozen=True)
class Loss:
    """The patients of organisations left out, and of all that the source names; those whose number is known.

    Parameters
    ----------
    organisations : int
        Organisations left out that have any patients.
    referrals, finished_treatment : int
        Of those.
    all_referrals, all_finished_treatment : int
        Of all organisations.
    """

    organisations: int = 0
    referrals: int = 0
    finished_treatment: int = 0
    all_referrals: int = 0
    all_finished_treatment: int = 0

    @property
    def share(self) -> float:
        """The larger of the shares (0 to 1) of referrals, and of patients who finished treatment, that are lost."""
        referred = self.referrals / self.all_referrals if self.all_referrals else 0.0
        finished = self.finished_treatment / self.all_finished_treatment if self.all_finished_treatment else 0.0
        return max(referred, finished)


def loss_of(referrals: int, finished_treatment: int, excluded: Iterable[Exclusion], *, mendable: bool = False) -> Loss:
    """Count the patients of organisations left out.

    Parameters
    ----------
    referrals, finished_treatment : int
        Of the areas analysed.
    excluded : iterable of Exclusion
    mendable : bool
        Whether those whose source does not publish what is needed do not count as lost.
    """
    listed = [area for area in excluded if area.referrals or area.finished_treatment]
    lost = [area for area in listed if not (mendable and area.unpublished)]

    def total(areas: list[Exclusion], name: str) -> int:
        return sum(getattr(area, name) or 0 for area in areas)

    return Loss(
        organisations=len(lost),
        referrals=total(lost, "referrals"),
        finished_treatment=total(lost, "finished_treatment"),
        all_referrals=total(listed, "referrals") + referrals,
        all_finished_treatment=total(listed, "finished_treatment") + finished_treatment,
    )
