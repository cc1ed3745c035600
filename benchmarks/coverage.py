"""How often each interval holds the truth where services truly differ, on the case-loads of real years.

    .venv/bin/python benchmarks/coverage.py [--data FOLDER] [--periods N] [--bootstrapped N] [--draws N] [--seed N]

Prints the tables of docs/reference/_coverage.md in Markdown: the share of simulated periods (%) in which 95% intervals
hold the truth, with 42, 106 and 191 areas whose true rates differ by 0, 2 and 5 points, without and with one area that
has a third of all patients. Case-loads are those of the years' areas, from the annual files in FOLDER where there are
any, else those of the reference quarter. Nothing is asserted: what the report prints beside its conclusions is to hold
93–97. Some 25 minutes on an idle core.
"""

from __future__ import annotations

import argparse
import csv
import platform
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from iapt_report.stats.change import Wave, regression_of
from iapt_report.stats.cluster_robust import bell_mccaffrey
from iapt_report.stats.coverage import coverage_under_variation
from iapt_report.stats.funnel import many_overdispersions
from iapt_report.stats.kappa import Model, benchmarks_of, kappas
from iapt_report.stats.many_lines import weighted_lines
from iapt_report.stats.many_random_effects import random_lines
from iapt_report.stats.patients_inequality import slope_index_of_clustered_patients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
YEARS = ("2017-18", "2019-20", "2023-24")
SIZES = (42, 106, 191)
TAUS = (0.0, 0.02, 0.05)
ENDS = (0.45, 0.55)
LEVEL = 0.95
# What the coverage of a 95% interval is to be within (%).
LEAST, MOST = 93.0, 97.0
TAU2 = "τ² estimated, of the true one"
# The intervals that the report prints with the random-effects model, and their names at the head of a column.
SHORT = {
    "slope, random effects": "slope",
    "fitted mean, random effects": "mean",
    "true rate of one more area, random effects": "true rate",
    "prediction, random effects": "prediction",
    "SII of areas, random effects": "SII, areas",
    "RII of areas, random effects": "RII, areas",
    "SII of patients, jackknife": "SII, patients",
    "RII of patients, jackknife": "RII, patients",
    "κ, random effects, bootstrap of areas": "κ",
    "change, random effects, CR2": "change",
    "ρ, Bonett and Wright": "ρ",
}
STANDARD = 0.5
DAYS = 365.25


@dataclass(frozen=True)
class Setting:
    """One column: areas with ranks, cases (n,) and, where known, cases by tenth (n, 10); τ; how much to simulate."""

    rank: Array
    cases: Array
    tenths: Array | None
    tau: float
    periods: int
    bootstrapped: int
    draws: int
    seed: int

    def rates(self, line: Array, periods: int, stream: int) -> Array:
        """Draw observed rates about a line, shape (periods, n)."""
        random = np.random.default_rng((self.seed, stream))
        true = (line + random.normal(0, self.tau, (periods, len(line)))).clip(0.001, 0.999)
        drawn: Array = random.binomial(self.cases.astype("int64"), true) / self.cases
        return drawn

    @property
    def line(self) -> Array:
        """The line that true rates scatter about, from the most to the least deprived area."""
        place: Array = (self.rank - self.rank.min()) / (self.rank.max() - self.rank.min())
        return ENDS[0] + (ENDS[1] - ENDS[0]) * place


def regressions(s: Setting) -> Iterator[tuple[str, float]]:
    """Simulate the weighted and the random-effects regression of areas."""
    found = coverage_under_variation(s.rank, s.cases, s.cases, ENDS, s.tau, LEVEL, s.periods, s.seed)
    for name, held in (("weighted", found.weighted), ("random effects", found.random_effects)):
        yield f"slope, {name}", held.slope.share
        yield f"fitted mean, {name}", held.fitted_mean.share
        yield f"prediction, {name}", held.prediction.share
    lines = random_lines(s.rank, s.rates(s.line, s.periods, 9), s.cases)
    others = s.line + np.random.default_rng((s.seed, 10)).normal(0, s.tau, lines.fitted.shape)
    away = np.abs(others - lines.fitted)
    yield "true rate of one more area, random effects", float((away <= lines.reach(LEVEL) * lines.prediction_se).mean())


def inequality_of_areas(s: Setting) -> Iterator[tuple[str, float]]:
    """Take a line along the cumulative cases; Fieller's interval holds a ratio where the difference from it is none."""
    share = s.cases / s.cases.sum()
    place = np.cumsum(share) - share / 2
    rates = s.rates(ENDS[0] + (ENDS[1] - ENDS[0]) * place, s.periods, 1)
    sii, rii = ENDS[1] - ENDS[0], ENDS[1] / ENDS[0]
    old, new = weighted_lines(place, rates, s.cases), random_lines(place, rates, s.cases)
    t = old.reach(LEVEL)
    yield "SII of areas, weighted", float((np.abs(old.slope - sii) <= t * old.slope_se).mean())
    centre = (share * place).sum()
    spread = (s.cases * (place - centre) ** 2).sum()
    # The least deprived end less the ratio times the most deprived is the line at another place, times 1 − ratio.
    at = 1 / (1 - rii)
    mean = (rates * share).sum(axis=1) + old.slope * (at - centre)
    error = old.slope_se * np.sqrt(spread) * np.sqrt(1 / s.cases.sum() + (at - centre) ** 2 / spread)
    yield "RII of areas, weighted", float((np.abs(mean) <= t * error).mean())
    yield "SII of areas, random effects", float((np.abs(new.slope - sii) <= t * new.slope_se).mean())
    combine = np.array([-rii, 1.0])
    variance = np.einsum("i,qij,j->q", combine, new.ends_covariance, combine)
    yield "RII of areas, random effects", float((np.abs(new.ends @ combine) <= t * np.sqrt(variance)).mean())


def inequality_of_patients(s: Setting) -> Iterator[tuple[str, float]]:
    """Take a line along patients' own deprivation, and services that differ in all their tenths alike."""
    if s.tenths is None:
        return
    total = s.tenths.sum(axis=0)
    share = total / total.sum()
    place = np.cumsum(share) - share / 2
    centred = place - (share * place).sum()
    slope = share * centred / (share * centred**2).sum()
    random = np.random.default_rng((s.seed, 2))
    sii, rii = ENDS[1] - ENDS[0], ENDS[1] / ENDS[0]
    held = dict.fromkeys(("SII of patients, chance", "SII of patients, jackknife", "RII of patients, jackknife"), 0)
    boot = 0
    for period in range(s.periods):
        line = ENDS[0] + sii * place + random.normal(0, s.tau, (len(s.rank), 1))
        reached = random.binomial(s.tenths.astype("int64"), line.clip(0.001, 0.999)).astype("float64")
        rate = reached.sum(axis=0) / total
        error = 1.959964 * np.sqrt((slope**2 * rate * (1 - rate) / total).sum())
        found = slope_index_of_clustered_patients(reached, s.tenths, LEVEL)
        held["SII of patients, chance"] += abs(slope @ rate - sii) <= error
        held["SII of patients, jackknife"] += (found.sii_low or 0) <= sii <= (found.sii_high or 0)
        held["RII of patients, jackknife"] += (found.rii_low or 0) <= rii <= (found.rii_high or 0)
        if period < s.bootstrapped:
            sampled = slope_index_of_clustered_patients(reached, s.tenths, LEVEL, method="bootstrap", draws=s.draws)
            boot += (sampled.sii_low or 0) <= sii <= (sampled.sii_high or 0)
    yield from ((name, count / s.periods) for name, count in held.items())
    yield "SII of patients, bootstrap percentiles", boot / min(s.bootstrapped, s.periods)


def kappa(s: Setting) -> Iterator[tuple[str, float]]:
    """Take for the truth what κ is on average in such periods, with the adjusted benchmark of either regression."""
    many = s.rates(s.line, 10_000, 3)
    models: tuple[tuple[Model, str], ...] = (("weighted", "weighted"), ("random_effects", "random effects"))
    for model, name in models:
        lines = weighted_lines(s.rank, many, s.cases) if model == "weighted" else random_lines(s.rank, many, s.cases)
        truth = float(np.nanmean(kappas(many < STANDARD, many < lines.fitted - lines.reach(LEVEL) * lines.mean_se)))
        random = np.random.default_rng((s.seed, 4))
        old, new, of = 0, 0, 0
        n = len(s.rank)
        for rate in s.rates(s.line, s.bootstrapped, 5):
            classify = benchmarks_of(rate, s.rank, s.cases, STANDARD, LEVEL, model=model)
            first, second = (flags[0] for flags in classify(np.arange(n)[np.newaxis]))
            own = float(kappas(first[np.newaxis], second[np.newaxis])[0])
            if np.isnan(own):
                continue
            sampled = kappas(*classify(random.integers(0, n, (s.draws, n))))
            of += 1
            new += int(abs(own - truth) <= 1.959964 * np.nanstd(sampled, ddof=1))
            old += int(abs(own - truth) <= 1.959964 * asymptotic(first, second))
        yield f"κ, {name}, asymptotic", old / max(of, 1)
        yield f"κ, {name}, bootstrap of areas", new / max(of, 1)


def asymptotic(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Give the usual standard error of κ."""
    from statsmodels.stats.inter_rater import cohens_kappa

    table = [[int((a & b).sum()) for b in (second, ~second)] for a in (first, ~first)]
    return float(cohens_kappa(np.array(table)).std_kappa)


def correlation(s: Setting) -> Iterator[tuple[str, float]]:
    """Take areas as a sample: normal deprivation, and for the truth what ρ is on average in such samples."""
    n = len(s.rank)
    random = np.random.default_rng((s.seed, 6))
    place = random.normal(0, 1, (5 * s.periods, n))
    # The same spread of the line as that of evenly spaced ranks.
    true = 0.5 + (ENDS[1] - ENDS[0]) / np.sqrt(12) * place + random.normal(0, s.tau, place.shape)
    rates = random.binomial(s.cases.astype("int64"), true.clip(0.001, 0.999)) / s.cases
    x, y = (stats.rankdata(values, axis=1) - (n + 1) / 2 for values in (place, rates))
    rho = (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    truth = float(np.arctanh(rho.mean()))
    own = rho[: s.periods]
    away, of = np.abs(np.arctanh(own) - truth), 1.959964 / np.sqrt(n - 3)
    yield "ρ, Fisher", float((away <= of).mean())
    yield "ρ, Bonett and Wright", float((away <= of * np.sqrt(1 + own**2 / 2)).mean())


def change(s: Setting) -> Iterator[tuple[str, float]]:
    """Take three years of the same areas, of which half of the variance lasts, and a gradient that changes."""
    n, per_year = len(s.rank), 0.01
    codes = tuple(str(i) for i in range(n))
    waves = [Wave(year * DAYS, codes, s.rank, s.cases, s.cases) for year in range(3)]
    design, weights, groups = regression_of(waves)
    contrast = np.zeros(design.shape[1])
    contrast[-1] = 1
    prepared = bell_mccaffrey(design, weights, groups, contrast)
    random = np.random.default_rng((s.seed, 7))
    part = s.tau / np.sqrt(2)
    lasting = np.tile(random.normal(0, part, (s.periods, n)), 3)
    line = np.concatenate([s.line + per_year * year * (s.rank - 1) / (n - 1) for year in range(3)])
    true = line + lasting + random.normal(0, part, lasting.shape)
    cases = np.tile(s.cases, 3)
    rates = random.binomial(cases.astype("int64"), true.clip(0.001, 0.999)) / cases
    away = np.abs(rates @ prepared.combine - per_year)
    inverse = np.linalg.inv((design * weights[:, np.newaxis]).T @ design)
    residual = rates - rates @ (design @ inverse @ (design * weights[:, np.newaxis]).T).T
    sums = (residual * prepared.combine).reshape(s.periods, 3, n).sum(axis=1)
    few = n / (n - 1) * (3 * n - 1) / (3 * n - design.shape[1])
    liang_zeger = np.sqrt(few * (sums**2).sum(axis=1))
    yield "change, weighted, Liang–Zeger", float((away <= stats.t.isf(0.025, n - 1) * liang_zeger).mean())
    cr2 = np.sqrt(((rates @ prepared.parts.T) ** 2).sum(axis=1))
    yield "change, weighted, CR2", float((away <= stats.t.isf(0.025, prepared.df) * cr2).mean())
    held = 0
    some = rates[: s.bootstrapped]
    lines = [random_lines(s.rank, some[:, year * n : (year + 1) * n], s.cases) for year in range(3)]
    for period, rate in enumerate(some):
        # What the rates vary by in one more area there, less what the line does.
        variances = np.concatenate([(own.observation_se[period] ** 2 - own.mean_se[period] ** 2) for own in lines])
        prepared = bell_mccaffrey(design, 1 / variances, groups, contrast, variances)
        reach = stats.t.isf(0.025, prepared.df) * np.sqrt(((prepared.parts @ rate) ** 2).sum())
        held += bool(abs(prepared.combine @ rate - per_year) <= reach)
    yield "change, random effects, CR2", held / len(some)


def overdispersion(s: Setting) -> Iterator[tuple[str, float]]:
    """Not coverage: τ² over the truth, and the areas inside the limits of chance and variation."""
    rates = s.rates(s.line, s.periods, 8)
    fitted = weighted_lines(s.rank, rates, s.cases).fitted
    chance = fitted * (1 - fitted) / s.cases
    _, tau2 = many_overdispersions(rates - fitted, chance, 2)
    inside = np.abs(rates - fitted) <= 1.959964 * np.sqrt(chance + tau2[:, np.newaxis])
    yield "areas within chance and variation", float(inside.mean())
    yield TAU2, float(tau2.mean() / s.tau**2) if s.tau else float("nan")


PARTS = (
    regressions, inequality_of_areas, inequality_of_patients, kappa, correlation, change, overdispersion,
)  # fmt: skip


def of_year(folder: Path, year: str) -> Array | None:
    """Read each commissioning area's patients at caseness by tenth, the most deprived first; None without a file."""
    for path in sorted(folder.glob(f"*{year}*.csv")):
        found: dict[str, Array] = {}
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                known = row["VariableA"][:2].isdigit() and row["OrgType"] in ("CCG", "ICB")
                if not known or not row["VariableType"].startswith("Indices of Deprivation"):
                    continue
                count = row.get("CountAtCaseness") or row.get("Count_AtCaseness") or "*"
                own = found.setdefault(row["OrgCode"], np.zeros(10))
                own[10 - int(row["VariableA"][:2])] = float(count) if count.isdigit() else 0.0
        areas = np.array([own for own in found.values() if own.sum() >= 50])
        return areas[np.argsort(areas.sum(axis=1), kind="stable")]
    return None


def case_loads(data: Path) -> Iterator[tuple[str, Array, bool]]:
    """Yield each year's areas, smallest first, shape (areas, 10), and whether their tenths are known."""
    some = False
    for year in YEARS:
        areas = of_year(data / "annual", year)
        if areas is not None:
            some = True
            yield year, areas, True
    if some:
        return
    with (ROOT / "data" / "2014-15-Q2" / "areas.csv").open(encoding="utf-8", newline="") as stream:
        counts = sorted(float(row["at_caseness"]) for row in csv.DictReader(stream) if row["at_caseness"])
    yield "the reference quarter", np.array(counts)[:, np.newaxis], False


def dominated(areas: Array) -> Array:
    """Let the first area, the most deprived, have half as many patients as all others: a third of all.

    At an end of the range it bears the most on the line.
    """
    first = np.where(areas[0] > 0, areas[0], 1.0)
    return np.vstack([(first * areas[1:].sum() / 2 / first.sum()).round(), areas[1:]])


def settings(data: Path, given: argparse.Namespace) -> Iterator[tuple[Situation, Setting]]:
    """Yield each situation with what is simulated in it."""
    for year, areas, split in case_loads(data):
        for dominant in (False, True):
            for n in SIZES:
                # Evenly from the smallest to the largest, so that few areas differ in size as many do.
                picked = areas[((np.arange(n) + 0.5) * len(areas) / n).astype("int64")]
                picked = picked[np.random.default_rng((given.seed, n)).permutation(n)]
                picked = dominated(picked) if dominant else picked
                for tau in TAUS:
                    setting = Setting(
                        rank=np.arange(1.0, n + 1),
                        cases=picked.sum(axis=1).round(),
                        tenths=picked if split else None,
                        tau=tau,
                        periods=given.periods,
                        bootstrapped=given.bootstrapped,
                        draws=given.draws,
                        seed=given.seed,
                    )
                    yield Situation(year, n, tau, dominant), setting


@dataclass(frozen=True)
class Situation:
    """What the intervals are tried on."""

    year: str
    areas: int
    tau: float
    dominant: bool


def summary(found: dict[Situation, dict[str, float]]) -> Iterator[str]:
    """Write a row for each interval: the least and the most it covers, and how often that is outside 93–97%."""
    kinds = (("", False), ("dominant: ", True))
    heads = [f"{kind}{head}" for kind, _ in kinds for head in ("least", "most", "outside 93–97")]
    yield "| interval | " + " | ".join(heads) + " |"
    yield "|:----|" + "--:|" * len(heads)
    for name in next(iter(found.values())):
        if name == TAU2:
            continue
        cells = []
        for _, dominant in kinds:
            shares = [100 * own[name] for at, own in found.items() if at.dominant == dominant]
            out = sum(not LEAST <= round(share, 1) <= MOST for share in shares)
            cells += [f"{min(shares):.1f}", f"{max(shares):.1f}", f"{out} of {len(shares)}"]
        yield f"| {name} | " + " | ".join(cells) + " |"


def details(found: dict[Situation, dict[str, float]]) -> Iterator[str]:
    """Write a row for each situation, a column for each interval; what is outside 93–97% in bold."""
    names = [name for name in SHORT if name in next(iter(found.values()))]
    yield "| case-loads | areas | points | dominant | " + " | ".join(SHORT[name] for name in names) + " |"
    yield "|:--|--:|--:|:--|" + "--:|" * len(names)
    for at, own in found.items():
        cells = [at.year, f"{at.areas}", f"{100 * at.tau:.0f}", "one" if at.dominant else "none"]
        for name in names:
            share = round(100 * own[name], 1)
            cells.append(f"{share:.1f}" if LEAST <= share <= MOST else f"**{share:.1f}**")
        yield "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the tables; how far it is, to standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--periods", type=int, default=2000, help="simulated for what is computed in closed form")
    parser.add_argument("--bootstrapped", type=int, default=500, help="of these, for what takes longer")
    parser.add_argument("--draws", type=int, default=300, help="of each bootstrap")
    parser.add_argument("--seed", type=int, default=2016)
    given = parser.parse_args()
    start = time.perf_counter()
    found: dict[Situation, dict[str, float]] = {}
    for at, setting in settings(given.data, given):
        found[at] = {name: share for part in PARTS for name, share in part(setting)}
        print(f"{time.perf_counter() - start:.0f} s: {at}", file=sys.stderr, flush=True)
    with_versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "statsmodels"))
    print(
        f"Computed on {time.strftime('%-d %B %Y')} with iapt-report {version('iapt-report')}, Python "
        f"{platform.python_version()}, {with_versions}; seed {given.seed}; {given.periods} periods for each figure, "
        f"{given.bootstrapped} for κ, for the change with random effects and for what is named bootstrap.\n"
    )
    print("\n".join(summary(found)))
    print(
        "\n: The least and the most covered over all situations (%), without and with one dominant area {#tbl-least}\n"
    )
    print("\n".join(details(found)))
    print(
        "\n: The random-effects model's intervals in each situation (%); in bold, what is outside 93–97 {#tbl-each}\n"
    )
    plain, dominated_by_one = (
        [100 * own[TAU2] for at, own in found.items() if at.tau and at.dominant == dominant]
        for dominant in (False, True)
    )
    print(
        f"The estimate of τ² of the funnels is on average {min(plain):.0f} to {max(plain):.0f}% of the true one, and "
        f"with one dominant area {min(dominated_by_one):.0f} to {max(dominated_by_one):.0f}%."
    )


if __name__ == "__main__":
    main()
