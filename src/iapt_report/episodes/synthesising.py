"""Made patients: referrals of the IAPT data set's shape, written through DuckDB, with effects that are declared."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.patient_cells import AGE_BANDS, GAD7_BANDS, PHQ9_BANDS
from iapt_report.episodes.declared import DECLARED_FILE, Declared
from iapt_report.reference.deprivation import tables
from iapt_report.system import atomic
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from iapt_report.areas.period import Period

EPISODES_FILE = "referrals.parquet"
# Referrals that are discharged in a period were received up to so many days before it.
_BEFORE = 240
_ROW_GROUP = 250_000
# Referrals fall into one of so many slots, of which an area has as many as its size gives it.
_SLOTS = 20_000
# How each group is written.
_CODES = {
    "gender": {"Female": "2", "Male": "1", "Non-binary or other": "3", "Not known": "X"},
    "ethnic_group": {
        "White": "A",
        "Mixed": "D",
        "Asian or Asian British": "J",
        "Black or Black British": "N",
        "Other": "S",
        "Not known": "Z",
    },
    "employment": {
        "Employed": "01",
        "Unemployed and seeking work": "02",
        "Long-term sick or disabled": "04",
        "Retired": "08",
        "Student, homemaker or other": "03",
        "Not known": "ZZ",
    },
}


@dataclass(frozen=True)
class Made:
    """What was written."""

    file: Path
    referrals: int
    areas: int


def synthesise(
    folder: Path,
    referrals: int,
    seed: int,
    period: Period,
    *,
    areas: int | None = None,
    effects: Declared | None = None,
) -> Made:
    """Write made referrals to an empty folder, with what they are made with beside them.

    Parameters
    ----------
    folder : Path
        New, or empty.
    referrals : int
    seed : int
        The same seed gives the same patients.
    period : Period
        Most referrals are received, and discharged, in it.
    areas : int, optional
        How many commissioning areas they are spread over; all of the newest boundaries by default. Their codes and
        deprivation are real, all else is made.
    effects : Declared, optional

    Raises
    ------
    CallError
        If the folder holds something, or the numbers make no sense.
    """
    import duckdb
    import tomli_w

    if referrals < 1:
        raise CallError(f"{referrals} referrals", expected="at least 1", mend="give a number of referrals")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CallError(f"{folder} is not empty", expected="a new or an empty folder", mend="name another folder")
    effects = effects or Declared()
    made, slots = _areas(areas, seed, effects)
    facts = {
        "synthetic": True,
        "words": "Made patients: no referral is real. The areas' codes and their deprivation are.",
        "referrals": referrals,
        "seed": seed,
        "period": period.id,
        "areas": len(made),
        "effects_on_the_log_odds_of_recovery": asdict(effects),
        "effects_of_areas": dict(zip(made["code"], made["effect"], strict=True)),
    }
    with atomic.staging(folder) as stage, duckdb.connect() as engine:
        engine.register("areas", made)
        engine.register("slots", slots)
        engine.execute(_macros(seed))
        engine.execute(
            f"COPY ({_query(referrals, period, effects)}) TO '{stage / EPISODES_FILE}' "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}, KV_METADATA {{synthetic: 'true'}})"
        )
        atomic.write_text(stage / DECLARED_FILE, tomli_w.dumps(facts))
    return Made(folder / EPISODES_FILE, referrals, len(made))


def _areas(wanted: int | None, seed: int, effects: Declared) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take real areas, those asked for evenly over the range of deprivation, and draw each one's effect and size."""
    import numpy as np
    import pandas as pd

    newest = [table for table in tables() if table.boundaries.level == "subicb"][-1]
    ordered = sorted(newest.areas, key=lambda area: area.rank)
    if wanted is not None:
        if not 1 <= wanted <= len(ordered):
            raise CallError(
                f"{wanted} areas", expected=f"from 1 to {len(ordered)}", mend="give a number of areas in this range"
            )
        ordered = [ordered[place] for place in np.linspace(0, len(ordered) - 1, wanted).round().astype(int)]
    draw = np.random.default_rng(seed)
    rank = np.array([area.rank for area in ordered])
    size = np.array([float(area.size) for area in ordered]) * draw.uniform(0.7, 1.3, len(ordered))
    slots = np.searchsorted(size.cumsum() / size.sum(), (np.arange(_SLOTS) + 0.5) / _SLOTS)
    areas = pd.DataFrame(
        {
            "place": range(len(ordered)),
            "code": [area.nhs_code for area in ordered],
            # The mean rank of an area's neighbourhoods tells the middle of its deciles.
            "centre": 1 + 9 * rank / (2 * rank.mean()),
            "effect": draw.normal(0, effects.between_areas, len(ordered)),
        }
    )
    return areas, pd.DataFrame({"slot": range(_SLOTS), "place": slots})


def _macros(seed: int) -> str:
    """Define what draws: the k-th number of a referral, evenly from 0 to 1, and the k-th that is standard normal."""
    return (
        f"CREATE MACRO u(i, k) AS (hash(i * 64 + k, {seed}) >> 11)::DOUBLE / 9007199254740992.0;"
        "CREATE MACRO z(i, k) AS sqrt(-2 * ln(u(i, k) + 1e-300)) * cos(2 * pi() * u(i, k + 1))"
    )


def _query(referrals: int, period: Period, effects: Declared) -> str:
    span = (period.end - period.start).days + 1 + _BEFORE
    employment = (
        "CASE WHEN age > 66 AND u(i, 12) < 0.85 THEN '08' WHEN u(i, 12) < 0.60 + 0.012 * decile THEN '01' "
        "WHEN u(i, 12) < 0.80 THEN '02' WHEN u(i, 12) < 0.90 - 0.004 * decile THEN '04' "
        "WHEN u(i, 12) < 0.97 THEN '03' ELSE 'ZZ' END"
    )
    ethnic = (
        "CASE WHEN u(i, 11) < 0.030 THEN 'D' WHEN u(i, 11) < 0.135 - 0.006 * decile THEN 'J' "
        "WHEN u(i, 11) < 0.200 - 0.011 * decile THEN 'N' WHEN u(i, 11) < 0.215 - 0.011 * decile THEN 'S' "
        "WHEN u(i, 11) < 0.245 - 0.011 * decile THEN 'Z' ELSE 'A' END"
    )
    gender = (
        "CASE WHEN u(i, 10) < 0.655 THEN '2' WHEN u(i, 10) < 0.98 THEN '1' WHEN u(i, 10) < 0.992 THEN '3' ELSE 'X' END"
    )
    logit = " + ".join(
        (
            f"{effects.intercept} + {effects.decile} * (decile - 1) + effect",
            _of_band("age", effects.age_band, AGE_BANDS),
            _of_code("gender", effects.gender, _CODES["gender"]),
            _of_code("ethnic", effects.ethnic_group, _CODES["ethnic_group"]),
            _of_code("employment", effects.employment, _CODES["employment"]),
            _of_band("phq9", effects.phq9_band, PHQ9_BANDS),
            _of_band("gad7", effects.gad7_band, GAD7_BANDS),
        )
    )
    flag = "CASE WHEN {} THEN 'True' ELSE 'False' END"
    return f"""
    WITH one AS (
        SELECT i, (u(i, 1) * {_SLOTS})::INTEGER % {_SLOTS} AS slot FROM range({referrals}) AS t(i)
    ), placed AS (
        SELECT i, a.code, a.effect, place AS area,
            greatest(1, least(10, round(a.centre + 2.4 * z(i, 2))))::TINYINT AS decile
        FROM one JOIN slots USING (slot) JOIN areas AS a USING (place)
    ), person AS (
        SELECT *, floor(16 + 68 * pow(u(i, 4), 1.8))::SMALLINT AS age,
            {gender} AS gender, {ethnic} AS ethnic,
            (DATE '{period.start}' - {_BEFORE} + (u(i, 6) * {span})::INTEGER) AS received
        FROM placed
    ), worked AS (
        SELECT *, {employment} AS employment FROM person
    ), severe AS (
        SELECT *, z(i, 14) AS common,
            (employment IN ('02', '04'))::INTEGER * 1.6 + 0.18 * (5.5 - decile) AS worse
        FROM worked
    ), scored AS (
        SELECT *, greatest(0, least(27, round(14.2 + worse + 4.2 * common + 3.6 * z(i, 16))))::TINYINT AS phq9,
            greatest(0, least(21, round(12.6 + 0.6 * worse + 3.2 * common + 3.1 * z(i, 18))))::TINYINT AS gad7,
            u(i, 20) < 0.36 + 0.012 * decile AS completed
        FROM severe
    ), ended AS (
        SELECT *, phq9 >= 10 OR gad7 >= 8 AS caseness,
            received + (CASE WHEN completed THEN 60 + u(i, 21) * 180 ELSE 5 + u(i, 21) * 90 END)::INTEGER AS discharged
        FROM scored
    ), outcome AS (
        SELECT *, completed AND caseness AND u(i, 22) < 1 / (1 + exp(-({logit}))) AS recovered FROM ended
    )
    SELECT 'SYNTHETIC-' || lpad(i::VARCHAR, 10, '0') AS PathwayID,
        'SYN' || lpad((area * 3 + (u(i, 23) * 3)::INTEGER % 3)::VARCHAR, 3, '0') AS OrgID_Provider,
        code AS OrgIDComm,
        received AS ReferralRequestReceivedDate,
        CASE WHEN discharged <= DATE '{period.end}' + 30 THEN discharged END AS ServDischDate,
        'True' AS UsePathway_Flag,
        {flag.format("completed")} AS CompletedTreatment_Flag,
        {flag.format("caseness")} AS Caseness_Flag,
        {flag.format("NOT caseness")} AS NotCaseness_Flag,
        {flag.format("recovered")} AS Recovery_Flag,
        {flag.format("completed AND u(i, 24) < CASE WHEN recovered THEN 0.96 ELSE 0.36 END")}
            AS ReliableImprovement_Flag,
        phq9 AS PHQ9_FirstScore,
        gad7 AS GAD_FirstScore,
        CASE WHEN u(i, 25) < 0.42 THEN 'Depression' WHEN u(i, 25) < 0.93 THEN 'Anxiety and stress related disorders'
            ELSE 'Other' END AS PrimaryPresentingComplaint,
        (CASE WHEN completed THEN 2 + u(i, 26) * 12 ELSE u(i, 26) * 2 END)::SMALLINT AS TreatmentCareContact_Count,
        age AS Age_ReferralRequest_ReceivedDate,
        gender AS Gender,
        ethnic AS Validated_EthnicCategory,
        CASE WHEN u(i, 27) < 0.985 THEN decile END AS IMD_Decile,
        'SYN' || lpad((area * 10 + decile)::VARCHAR, 6, '0') AS LSOA,
        employment AS EmployStatus
    FROM outcome
    """  # noqa: S608 - all of it is written here


def _of_band(column: str, effects: Mapping[str, float], bands: tuple[tuple[str, int, int], ...]) -> str:
    """Write the effect of a number by its band."""
    cases = " ".join(f"WHEN {column} <= {most} THEN {effects[label]}" for label, _, most in bands)
    return f"CASE {cases} ELSE 0 END"


def _of_code(column: str, effects: Mapping[str, float], codes: Mapping[str, str]) -> str:
    """Write the effect of a code by its group."""
    cases = " ".join(f"WHEN '{codes[label]}' THEN {effect}" for label, effect in effects.items())
    return f"CASE {column} {cases} ELSE 0 END"
