"""Models of patients' own records, where the areas were summed from them, beside the other classifications of areas."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iapt_report.analysis.facts import ModelledPatients
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.patient_cells import BANDS, DIMENSIONS, NOT_KNOWN
from iapt_report.areas.table import Precision
from iapt_report.stats.agreement import cross
from iapt_report.stats.patient_models import patient_models

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.analysis.settings import Settings
    from iapt_report.areas.outcomes import Name
    from iapt_report.areas.patient_cells import PatientCells
    from iapt_report.areas.table import Areas
    from iapt_report.stats.agreement import Crossed
    from iapt_report.stats.case_mix import CaseMix
    from iapt_report.stats.grouped_logit import Grouped
    from iapt_report.stats.patient_models import PatientModels

# What is asked of patients beside where they live.
COVARIATES = DIMENSIONS[1:]


def patients_of(
    areas: Areas,
    settings: Settings,
    *,
    below_national: NDArray[np.bool_],
    below_adjusted: NDArray[np.bool_],
    mixed: CaseMix | None,
) -> ModelledPatients | None:
    """Model the patients of the areas analysed, and set the risk-adjusted areas beside the other classifications.

    Parameters
    ----------
    areas : Areas
    settings : Settings
    below_national, below_adjusted : ndarray of bool, shape (n,)
        Which areas lie below the standard, and below the adjusted benchmark.
    mixed : CaseMix or None
        Areas by the deprivation of their patients' own neighbourhoods.

    Returns
    -------
    ModelledPatients or None
        None where the areas do not come from patients' episodes, or the models cannot be fitted.
    """
    import numpy as np

    if areas.cells is None:
        return None
    codes = tuple(map(str, areas.table["area_code"]))
    step = (areas.precision or Precision()).rounded_to
    models = _modelled(areas.cells, codes, settings.outcome, settings.confidence, step)
    if models is None:
        return None
    adjustment = models.adjustment
    below = {} if adjustment is None else {area.area_code: area.below for area in adjustment.areas}
    there = np.array([code in below for code in codes])
    own = np.array([below[code] for code in codes if code in below], dtype=bool)

    def beside(first: NDArray[np.bool_]) -> Crossed | None:
        return cross(first[there], own, settings.confidence) if there.any() else None

    return ModelledPatients(
        models=models,
        national=beside(below_national),
        adjusted=beside(below_adjusted),
        case_mix=None if mixed is None else _beside_case_mix(mixed, below, settings.confidence),
    )


def _beside_case_mix(mixed: CaseMix, below: dict[str, bool], confidence: float) -> Crossed | None:
    import numpy as np

    both = [(area.below, below[area.area_code]) for area in mixed.areas if area.area_code in below]
    if not both:
        return None
    first, second = (np.array(flags, dtype=bool) for flags in zip(*both, strict=True))
    return cross(first, second, confidence)


@lru_cache(maxsize=8)
def _modelled(
    cells: PatientCells, codes: tuple[str, ...], outcome: Name, confidence: float, rounded_to: int
) -> PatientModels | None:
    """Fit the models once: a build asks for a period's results more than once."""
    frame = cells.read()
    frame = frame[frame["area_code"].isin(codes)]
    reached, cases = _columns(outcome)
    known = frame["decile"].notna()
    return patient_models(
        grouped(frame[known & (frame[cases] > 0)], codes, reached, cases),
        codes,
        COVARIATES,
        confidence,
        decile_unknown=int(frame.loc[~known, cases].sum()),
        rounded_to=rounded_to,
    )


def _columns(outcome: Name) -> tuple[str, str]:
    """Name the cells' columns of those who reached an outcome, and of those who could."""
    found = OUTCOMES[outcome]
    return found.reached, "finished" if found.cases == "finished_treatment" else found.cases


def grouped(frame: pd.DataFrame, codes: tuple[str, ...], reached: str, cases: str) -> Grouped:
    """Give cells, of known deciles and of areas that have a code here, the shape that models take."""
    import numpy as np
    import pandas as pd

    from iapt_report.stats.grouped_logit import Grouped

    place = pd.Index(codes).get_indexer(pd.Index(frame["area_code"].astype("str")))
    levels = {name: _levels(name, frame[name]) for name in COVARIATES}
    coded = {
        name: frame[name].cat.set_categories(levels[name]).cat.codes.to_numpy().astype("int64") for name in COVARIATES
    }
    number = frame[cases].to_numpy("float64")
    sizes = {name: np.bincount(coded[name], number, len(levels[name])) for name in COVARIATES}
    return Grouped(
        area=place.astype("int64"),
        decile=frame["decile"].to_numpy("int64"),
        codes=coded,
        levels=levels,
        cases=number,
        reached=frame[reached].to_numpy("float64"),
        # The largest group tells the others apart best.
        references={name: int(size.argmax()) for name, size in sizes.items()},
    )


def _levels(name: str, column: pd.Series[str]) -> tuple[str, ...]:
    """List the groups of a covariate: bands from the lowest, others by name, those not known last."""
    declared = [label for label, _, _ in BANDS.get(name, ())]
    others = sorted(set(map(str, column.cat.categories)) - {*declared, NOT_KNOWN})
    return (*declared, *others, NOT_KNOWN)
