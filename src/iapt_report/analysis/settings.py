"""What a user may choose about the analysis; the defaults are the study's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from iapt_report.areas.outcomes import Name
from iapt_report.stats.intervals import Interval
from iapt_report.system.errors import DataError

Proportion = Annotated[float, Field(gt=0, lt=1)]
CovariateName = Annotated[str, Field(min_length=1, max_length=400)]


class Settings(BaseModel):
    """The choices behind a set of results.

    Parameters
    ----------
    outcome : {"recovery", "reliable_recovery", "reliable_improvement"}
        The outcome compared between areas.
    benchmark : float or None
        The standard that areas are held to, as a proportion; by default the national one of outcome and period, as
        listed in ``standards.toml``.
    weight : {"finished_treatment", "at_caseness", "equal"}
        What an area counts for in the regression; the study weights by case-load (finished treatment).
    model : {"random_effects", "replication"}
        The regression that conclusions, and the benchmark that areas are placed by, come from: one that allows services
        to differ by more than chance, or the study's own. The study's is reported in either case.
    interval : {"fitted_mean", "wilson", "prediction", "overdispersion"}
        Which lower limit is the deprivation-adjusted benchmark: that of the fitted mean's confidence interval (the
        study's), or one that allows for chance in the area's own rate; see `iapt_report.stats.benchmarks`.
    confidence : float
        The level of every confidence interval, as a proportion.
    outlier_multiple : float
        A recovery rate is an extreme outlier beyond this many interquartile ranges from the quartiles;
        3 is Tukey's outer fence.
    dummy_alpha : float
        Outliers have an indicator each when the P value of the study's one dummy for all of them is below this.
    covariates : tuple of str
        What areas differ by beside their deprivation: names of columns of areas.csv beyond the known ones, or of shares
        of patients as ``variable: group``; see `iapt_report.areas.covariates`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Name = "recovery"
    benchmark: Proportion | None = None
    weight: Literal["finished_treatment", "at_caseness", "equal"] = "finished_treatment"
    model: Literal["random_effects", "replication"] = "random_effects"
    interval: Interval = "fitted_mean"
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    outlier_multiple: Annotated[float, Field(gt=0, le=100)] = 3.0
    dummy_alpha: Proportion = 0.05
    covariates: Annotated[tuple[CovariateName, ...], Field(max_length=20)] = ()

    def without_covariates(self) -> Settings:
        """Give the same choices without covariates, which other periods can lack."""
        return self.model_copy(update={"covariates": ()})

    @classmethod
    def from_mapping(cls, values: dict[str, Any], file: object) -> Settings:
        """Check settings that a file gives.

        Raises
        ------
        DataError
            If a setting is unknown or its value cannot be.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            known = ", ".join(cls.model_fields)
            unknown = first["type"] == "extra_forbidden"
            raise DataError(
                f"there is no setting {name!r}" if unknown else f"the setting {name!r} cannot be {first['input']!r}",
                file=file,
                expected=f"one of {known}" if unknown else first["msg"][0].lower() + first["msg"][1:],
                mend=f"correct or remove the line {name!r} under [settings]",
            ) from None
