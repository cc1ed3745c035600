"""What is set beside other periods: the headline figures of one, without what examines it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from iapt_report.analysis.facts import (
        Area,
        Gradient,
        OutcomeFacts,
        Outliers,
        PeriodFacts,
        Provenance,
        Sample,
        StandardFacts,
    )
    from iapt_report.analysis.settings import Settings
    from iapt_report.stats.agreement import Classification
    from iapt_report.stats.random_effects import RandomEffects


@dataclass(frozen=True)
class Headline:
    """The fields of `iapt_report.analysis.results.Results` of the same names, with the same values.

    But for ``sample.without_doubted`` and ``outliers.standing_out``, which are left out: each costs as much as the
    rest.
    """

    period: PeriodFacts
    settings: Settings
    outcome: OutcomeFacts
    standard: StandardFacts
    provenance: Provenance
    sample: Sample
    outliers: Outliers
    random_effects: RandomEffects | None
    gradient: Gradient
    classification: Classification
    areas: tuple[Area, ...]

    @property
    def concludes(self) -> Literal["random_effects", "replication"]:
        """As `iapt_report.analysis.results.Results.concludes`."""
        gradient = None if self.random_effects is None else self.random_effects.gradient
        return "replication" if gradient is None else self.settings.model
