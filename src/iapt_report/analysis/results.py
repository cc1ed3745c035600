"""Results: every number a document may print, and its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from iapt_report.analysis.facts import (
    Adjusted,
    Area,
    CaseMixed,
    Correlations,
    Covariates,
    Funnels,
    Gradient,
    Inequalities,
    ModelledPatients,
    OutcomeFacts,
    Outliers,
    PeriodFacts,
    Profiles,
    Provenance,
    Regression,
    Replication,
    Sample,
    StandardFacts,
)
from iapt_report.analysis.other_standards import OtherStandard
from iapt_report.analysis.people import People
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.tidy import Part, augment, glance, tidy
from iapt_report.stats.agreement import Agreement, Classification
from iapt_report.stats.benchmarks import Benchmark
from iapt_report.stats.coverage import CoverageUnderVariation
from iapt_report.stats.diagnostics import Diagnostics
from iapt_report.stats.gradients import GradientRow
from iapt_report.stats.random_effects import RandomEffects
from iapt_report.stats.simulation import Simulation
from iapt_report.stats.source_uncertainty import SourceUncertainty
from iapt_report.stats.value import Value
from iapt_report.system.errors import DataError
from iapt_report.system.reading import read_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SCHEMA_VERSION: Literal["1.0"] = "1.0"


class Results(Value):
    """Every number that a document about one period may print; rates are proportions 0–1.

    ``regression`` is the study's, and ``replication`` what follows from it. ``gradient``, ``adjusted``,
    ``classification``, ``agreement``, ``inequality``, ``case_mix`` and the areas' ``adjusted_…`` and ``below_adjusted``
    are of the model that conclusions come from: ``random_effects``, unless the settings choose the replication.
    """

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    period: PeriodFacts
    settings: Settings
    outcome: OutcomeFacts
    standard: StandardFacts
    other_standards: tuple[OtherStandard, ...] = ()
    provenance: Provenance
    sample: Sample
    correlations: Correlations
    outliers: Outliers
    regression: Regression
    random_effects: RandomEffects | None
    replication: Replication
    gradient: Gradient
    adjusted: Adjusted
    classification: Classification
    agreement: Agreement
    diagnostics: Diagnostics
    gradients: tuple[GradientRow, ...]
    benchmarks: tuple[Benchmark, ...]
    funnels: Funnels
    case_mix: CaseMixed | None = None
    covariates: Covariates | None = None
    patients: ModelledPatients | None = None
    inequality: Inequalities
    people: People = People()
    source_uncertainty: SourceUncertainty | None = None
    simulation: Simulation | None = None
    coverage: tuple[CoverageUnderVariation, ...] = ()
    areas: tuple[Area, ...]
    profiles: Profiles | None = None

    @property
    def concludes(self) -> Literal["random_effects", "replication"]:
        """The model that conclusions come from; the replication where too few areas leave nothing else."""
        gradient = None if self.random_effects is None else self.random_effects.gradient
        return "replication" if gradient is None else self.settings.model

    def as_replicated(self) -> Results:
        """Give the results as they are where conclusions come from the study's own regression.

        Returns
        -------
        Results
            With what follows from ``replication`` in the place of what follows from the model chosen, but for funnels
            and the areas' flags by other limits than the chosen one, which stay.
        """
        if self.concludes == "replication":
            return self
        own = self.replication
        mixed = self.case_mix
        if mixed is not None and own.case_mix is not None:
            mixed = mixed.model_copy(update={"adjusted": own.case_mix})
        return self.model_copy(
            update={
                "settings": self.settings.model_copy(update={"model": "replication"}),
                "gradient": own.gradient,
                "adjusted": own.adjusted,
                "classification": own.classification,
                "agreement": own.agreement,
                "benchmarks": own.benchmarks,
                "inequality": self.inequality.model_copy(update={"areas": own.areas}),
                "case_mix": mixed,
                "areas": tuple(
                    area.model_copy(
                        update={
                            "adjusted_rate": area.replication_rate,
                            "adjusted_low": area.replication_low,
                            "adjusted_high": area.replication_high,
                            "below_adjusted": area.below_replication,
                            "mean_low": area.replication_mean_low,
                            "mean_high": area.replication_mean_high,
                        }
                    )
                    for area in self.areas
                ),
            }
        )

    def to_json(self) -> str:
        """Return the results as JSON, indented, ending in a newline."""
        return self.model_dump_json(indent=2) + "\n"

    def tidy(self, part: Part = "final") -> pd.DataFrame:
        """Return one part of the results as a table, in the shape of broom's ``tidy``.

        Parameters
        ----------
        part : {"final", "initial", "random_effects", "correlations", "gradients"}
            The coefficients of the study's final model, of its initial one with the outlier dummy, or of the
            random-effects regression; the rank correlations with deprivation rank; the gradient in every specification.

        Returns
        -------
        DataFrame
            A row each, with ``term``, ``estimate``, ``p_value``, ``conf_low`` and ``conf_high``; coefficients also with
            ``std_error`` and ``statistic`` (t). What cannot be computed is missing (NaN).

        Raises
        ------
        CallError
            If there is no such part, or no initial model because no area is an extreme outlier.
        """
        return tidy(part, self.regression, self.random_effects, self.correlations, self.gradients)

    def glance(self) -> pd.DataFrame:
        """Return the final model as a table of one row, in the shape of broom's ``glance``.

        Returns
        -------
        DataFrame
            ``r_squared``, ``adj_r_squared``, ``sigma`` (residual standard error), ``statistic`` (F), ``p_value``,
            ``df``, ``log_lik``, ``aic``, ``bic``, ``deviance`` (weighted residual sum of squares), ``df_residual``,
            ``nobs``. The likelihood and what follows from it are missing where the fit is perfect.
        """
        return glance(self.regression.final, self.areas, self.settings.confidence, left_out=self.outliers.left_out)

    def augment(self) -> pd.DataFrame:
        """Return the areas with what the final model says of each, in the shape of broom's ``augment``.

        Returns
        -------
        DataFrame
            A row an area with the fields of `Area`, and of the study's final model ``fitted`` and ``resid``
            (proportions), ``hat`` (leverage), ``sigma`` (residual standard error without the area), ``cooksd`` (Cook's
            distance) and ``std_resid`` (residual in its own standard errors). The last four are missing where the fit
            is perfect, and for areas that the final model leaves out.
        """
        return augment(self.areas, self.settings.confidence, left_out=self.outliers.left_out)

    @classmethod
    def from_file(cls, path: Path) -> Results:
        """Read results back from a period's results.json.

        Raises
        ------
        DataError
            If there is no such file, or it does not hold a Results of this schema version.
        """
        return cls.from_json(read_text(path, mend="build the period again"), path)

    @classmethod
    def from_json(cls, text: str, file: object = "results.json") -> Results:
        """Read results back.

        Raises
        ------
        DataError
            If the text is not the JSON of a Results of this schema version.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            raise DataError(
                f"not the results of this version of iapt-report: {first['msg']}",
                file=file,
                column=".".join(map(str, first["loc"])) or None,
                mend="build the period again",
            ) from None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of results.json, as published in ``results.schema.json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Results.model_json_schema(mode="serialization"),
    }
