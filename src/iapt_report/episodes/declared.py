"""What made patients are made with: every effect that the models should find again."""

from __future__ import annotations

from dataclasses import dataclass, field

from iapt_report.areas.patient_cells import AGE_BANDS, GAD7_BANDS, PHQ9_BANDS

DECLARED_FILE = "synthetic.toml"


def _effects(bands: tuple[tuple[str, int, int], ...], values: tuple[float, ...]) -> dict[str, float]:
    return {label: value for (label, _, _), value in zip(bands, values, strict=True)}


@dataclass(frozen=True)
class Declared:
    """Effects on the log odds of recovery, of patients at caseness; the first group of each kind has none.

    Parameters
    ----------
    intercept : float
        Of a patient of the first group of each kind, in the most deprived tenth, in an area like the others.
    decile : float
        A tenth less deprived.
    between_areas : float
        The standard deviation of areas' own effects (normal).
    age_band, gender, ethnic_group, employment, phq9_band, gad7_band : dict of str to float
        By group.
    """

    intercept: float = 0.42
    decile: float = 0.045
    between_areas: float = 0.18
    age_band: dict[str, float] = field(default_factory=lambda: _effects(AGE_BANDS, (0.0, 0.08, 0.10, 0.06, 0.18, 0.42)))
    gender: dict[str, float] = field(
        default_factory=lambda: {"Female": 0.0, "Male": 0.03, "Non-binary or other": -0.25, "Not known": -0.1}
    )
    ethnic_group: dict[str, float] = field(
        default_factory=lambda: {
            "White": 0.0,
            "Mixed": -0.12,
            "Asian or Asian British": -0.16,
            "Black or Black British": -0.08,
            "Other": -0.2,
            "Not known": -0.1,
        }
    )
    employment: dict[str, float] = field(
        default_factory=lambda: {
            "Employed": 0.0,
            "Unemployed and seeking work": -0.42,
            "Long-term sick or disabled": -0.75,
            "Retired": 0.06,
            "Student, homemaker or other": -0.12,
            "Not known": -0.3,
        }
    )
    phq9_band: dict[str, float] = field(
        default_factory=lambda: _effects(PHQ9_BANDS, (0.45, 0.3, 0.0, -0.4, -0.85)) | {"Not known": 0.0}
    )
    gad7_band: dict[str, float] = field(
        default_factory=lambda: _effects(GAD7_BANDS, (0.25, 0.2, 0.0, -0.35)) | {"Not known": 0.0}
    )
