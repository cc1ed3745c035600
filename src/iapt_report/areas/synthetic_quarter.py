"""The reference quarter: 212 invented areas from which the 2016 paper's printed figures come out.

The true area data of July to September 2014 cannot be shipped, so this module reconstructs data of the same
shape: it draws areas from a seeded generator and then moves single counts until every figure in the paper is
met. Only the aggregates are the paper's; no area in it exists. The search uses the random numbers of the
standard library and elementary arithmetic alone, so that every machine finds the same areas.

The paper counts 212 localities, ranks them all and analyses the 211 it could identify; so does this quarter.
"""

from __future__ import annotations

import csv
import io
import itertools
import random
from dataclasses import dataclass
from math import fsum, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PERIOD_ID = "2014-15-Q2"
SEED = 2017
HEADER = (
    "area_code",
    "area_name",
    "referrals",
    "finished_treatment",
    "at_caseness",
    "recovered",
    "recovery_rate",
    "imd_score",
    "imd_rank",
    "excluded",
)
UNIDENTIFIED = "not identifiable: the quarter's counts cannot be matched to this area"

_LOCALITIES = 212
_UNIDENTIFIED_RANK = 205
_TRIES = 200_000


@dataclass(frozen=True)
class _Counts:
    """What is drawn for a count: its total over areas, and its smallest and largest area."""

    total: int
    smallest: int
    largest: int


_REFERRALS = _Counts(293_400, 70, 4355)
_FINISHED = _Counts(110_415, 35, 2425)

# The rates of the two extreme areas, 8.2% and 86.6%, as whole patients: recovered of at caseness.
_LOWEST = (5, 61)
_HIGHEST = (71, 82)

# What the search aims at, and how near it must come: well inside the rounding of the printed figures.
_RHO_REFERRALS, _RHO_FINISHED, _RHO_RATE, _RHO_TRIMMED = -0.270, -0.0674, 0.3905, 0.3795
_STANDARD = 0.5
_F, _DUMMY_T = 37.76, 0.6138
_LOWEST_EXPECTED, _HIGHEST_EXPECTED = 0.4007, 0.5046
_BELOW_NATIONAL, _BELOW_ADJUSTED = 153, 91
# Student's t at 0.975 with 209 degrees of freedom.
_T_CRITICAL = 1.9713788


def reference_csv(seed: int = SEED) -> str:
    """Return the reference quarter's areas.csv; the same seed gives the same bytes on every machine."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    ranks = [rank for rank in range(1, _LOCALITIES + 1) if rank != _UNIDENTIFIED_RANK]
    finished = _sizes(draw, _FINISHED, len(ranks), _skewed)
    _arrange(draw, finished, ranks, _RHO_FINISHED, tolerance=0.0002)
    referrals = _referrals(draw, finished, ranks)
    at_caseness, recovered = _outcomes(draw, finished, ranks)

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    order = list(range(len(ranks)))
    draw.shuffle(order)
    rows: list[tuple[object, ...]] = [
        (
            referrals[i],
            finished[i],
            at_caseness[i],
            recovered[i],
            f"{recovered[i] / at_caseness[i]:.6f}",
            "",
            ranks[i],
            "",
        )
        for i in order
    ]
    rows.append(("", "", "", "", "", "", _UNIDENTIFIED_RANK, UNIDENTIFIED))
    for number, row in enumerate(rows, start=1):
        writer.writerow((f"SYN{number:03d}", f"Synthetic Area {number:03d}", *row))
    return out.getvalue()


def _bell(draw: random.Random) -> float:
    """Draw from a bell shape of mean 0 and standard deviation 1, by sums alone."""
    return fsum(draw.random() for _ in range(12)) - 6.0


def _skewed(draw: random.Random) -> float:
    """Draw a size: positive, most of them small, a few large."""
    root = 1.0 + 0.22 * _bell(draw)
    return max(root, 0.35) ** 3


def _sizes(draw: random.Random, goal: _Counts, n: int, shape: Callable[[random.Random], float]) -> list[int]:
    """Draw ``n`` counts with exactly the total, minimum and maximum that ``goal`` states."""
    raw = [shape(draw) for _ in range(n - 2)]
    scale = (goal.total - goal.smallest - goal.largest) / fsum(raw)
    inner = [min(max(int(value * scale), goal.smallest + 1), goal.largest - 1) for value in raw]
    missing = goal.total - goal.smallest - goal.largest - sum(inner)
    step = 1 if missing > 0 else -1
    while missing:
        i = draw.randrange(len(inner))
        if goal.smallest < inner[i] + step < goal.largest:
            inner[i] += step
            missing -= step
    return [*inner, goal.smallest, goal.largest]


def _ranked(values: Sequence[float]) -> list[float]:
    """Rank values from 1, ties sharing their mean rank."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        stop = start
        while stop + 1 < len(order) and values[order[stop + 1]] == values[order[start]]:
            stop += 1
        for position in range(start, stop + 1):
            ranks[order[position]] = (start + stop) / 2 + 1
        start = stop + 1
    return ranks


def _spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Correlate ranks; used to steer the search only, the analysis has its own."""
    n = len(x)
    middle = (n + 1) / 2
    a = [rank - middle for rank in _ranked(x)]
    b = [rank - middle for rank in _ranked(y)]
    products = fsum(p * q for p, q in zip(a, b, strict=True))
    return products / sqrt(fsum(p * p for p in a) * fsum(q * q for q in b))


def _arrange(
    draw: random.Random,
    values: list[int],
    ranks: Sequence[int],
    goal: float,
    tolerance: float,
    allowed: Callable[[int, int], bool] = lambda _area, _value: True,
) -> None:
    """Swap values between areas, in place, until their rank correlation with deprivation is ``goal``."""
    distance = abs(_spearman(ranks, values) - goal)
    for _ in range(_TRIES):
        if distance <= tolerance:
            return
        i, j = draw.randrange(len(values)), draw.randrange(len(values))
        if not (allowed(i, values[j]) and allowed(j, values[i])):
            continue
        values[i], values[j] = values[j], values[i]
        moved = abs(_spearman(ranks, values) - goal)
        if moved < distance:
            distance = moved
        else:
            values[i], values[j] = values[j], values[i]
    raise RuntimeError("this seed does not reach the correlation")


def _referrals(draw: random.Random, finished: Sequence[int], ranks: Sequence[int]) -> list[int]:
    """Draw referrals that go with the case-load, and more so in deprived areas."""
    n = len(ranks)
    lean = [
        size * (1.0 + 0.20 * _bell(draw)) * (1.25 - 0.5 * rank / _LOCALITIES)
        for size, rank in zip(finished, ranks, strict=True)
    ]
    values = sorted(_sizes(draw, _REFERRALS, n, _skewed))
    order = sorted(range(n), key=lean.__getitem__)
    referrals = [0] * n
    for value, area in zip(values, order, strict=True):
        referrals[area] = value

    def enough(area: int, value: int) -> bool:
        return value >= 1.3 * finished[area]

    for area in order:
        if not enough(area, referrals[area]):
            able = (o for o in order if enough(area, referrals[o]) and enough(o, referrals[area]))
            other = next(able, None)
            if other is None:
                raise RuntimeError("this seed gives an area more patients than referrals")
            referrals[area], referrals[other] = referrals[other], referrals[area]
    _arrange(draw, referrals, ranks, _RHO_REFERRALS, tolerance=0.001, allowed=enough)
    return referrals


class _Search:
    """Moves single recovered patients until the paper's figures about recovery come out.

    The areas' weights and ranks are fixed, so of the weighted regression only three sums change with a move.
    """

    def __init__(self, finished: Sequence[int], ranks: Sequence[int], at_caseness: Sequence[int]) -> None:
        self.ranks, self.weights, self.at_caseness = ranks, finished, at_caseness
        self.weight = fsum(finished)
        self.centre = fsum(w * x for w, x in zip(finished, ranks, strict=True)) / self.weight
        self.spread = fsum(w * (x - self.centre) ** 2 for w, x in zip(finished, ranks, strict=True))
        self.low_area, self.high_area = self._extreme_areas()
        self.ordinary = [i for i in range(len(ranks)) if i not in (self.low_area, self.high_area)]

    def _extreme_areas(self) -> tuple[int, int]:
        """Choose a deprived and a less deprived area whose case-loads let the dummy's t come out.

        The residual variance that the paper's F implies is known before the search, and so is t for any pair.
        """
        slope = (_HIGHEST_EXPECTED - _LOWEST_EXPECTED) / (_LOCALITIES - 1)
        error = slope**2 * self.spread / _F * (len(self.ranks) - 2)
        expected = [_LOWEST_EXPECTED + slope * (rank - 1) for rank in self.ranks]

        def fitting(cases: int, deprived: bool) -> list[int]:
            return [
                i
                for i, (rank, size) in enumerate(zip(self.ranks, self.weights, strict=True))
                if 0.60 * size <= cases <= 0.98 * size and (rank <= _LOCALITIES // 2) == deprived
            ]

        def off(pair: tuple[int, int]) -> float:
            low, high = pair
            rates = {low: _LOWEST[0] / _LOWEST[1], high: _HIGHEST[0] / _HIGHEST[1]}
            return abs(self._dummy_t(rates, expected, error) - _DUMMY_T)

        pairs = itertools.product(fitting(_LOWEST[1], True), fitting(_HIGHEST[1], False))
        return min(pairs, key=off)

    def distance(self, recovered: Sequence[int]) -> float:
        """How far the figures are from the paper's; 0 when all are met."""
        rates = [k / c for k, c in zip(recovered, self.at_caseness, strict=True)]
        n = len(rates)
        mean = fsum(w * r for w, r in zip(self.weights, rates, strict=True)) / self.weight
        total = fsum(w * (r - mean) ** 2 for w, r in zip(self.weights, rates, strict=True))
        cross = fsum(
            w * (x - self.centre) * (r - mean) for w, x, r in zip(self.weights, self.ranks, rates, strict=True)
        )
        slope = cross / self.spread
        error = total - slope * cross
        variance = error / (n - 2)
        expected = [mean + slope * (x - self.centre) for x in self.ranks]
        limits = [
            e - _T_CRITICAL * sqrt(variance * (1 / self.weight + (x - self.centre) ** 2 / self.spread))
            for e, x in zip(expected, self.ranks, strict=True)
        ]
        ordinary_rates = [rates[i] for i in self.ordinary]
        ordinary_ranks = [self.ranks[i] for i in self.ordinary]
        return (
            _beyond(slope * cross / variance, _F, 0.001) * 2
            + _beyond(expected[0], _LOWEST_EXPECTED, 0.0001) * 3000
            + _beyond(expected[-1], _HIGHEST_EXPECTED, 0.0001) * 3000
            + _beyond(self._dummy_t(self._extremes_of(rates), expected, error), _DUMMY_T, 0.0065) * 10
            + _beyond(sum(r < _STANDARD for r in rates), _BELOW_NATIONAL, 0)
            + _beyond(sum(r < low for r, low in zip(rates, limits, strict=True)), _BELOW_ADJUSTED, 0)
            + _beyond(_spearman(self.ranks, rates), _RHO_RATE, 0.003) * 300
            + _beyond(_spearman(ordinary_ranks, ordinary_rates), _RHO_TRIMMED, 0.003) * 300
            + self._fences_missed(rates) * 100
        )

    def _fences_missed(self, rates: Sequence[float]) -> float:
        """How far Tukey's outer fences are from parting the two extreme areas, and only them, from the others."""
        ordered = sorted(rates)
        quarter = len(ordered) // 4
        first, third = ordered[quarter], ordered[-1 - quarter]
        reach = 3 * (third - first)
        return max(0.0, 0.10 - (first - reach)) + max(0.0, (third + reach) - 0.84)

    def _extremes_of(self, rates: Sequence[float]) -> dict[int, float]:
        return {i: rates[i] for i in (self.low_area, self.high_area)}

    def _dummy_t(self, extremes: dict[int, float], expected: Sequence[float], error: float) -> float:
        """Give t of a dummy for the extreme areas (their rates by position), added to the regression."""
        weight = fsum(self.weights[i] for i in extremes)
        moment = fsum(self.weights[i] * (self.ranks[i] - self.centre) for i in extremes)
        own = weight - weight**2 / self.weight - moment**2 / self.spread
        pull = fsum(self.weights[i] * (rate - expected[i]) for i, rate in extremes.items())
        return abs(pull) / sqrt(own * (error - pull**2 / own) / (len(self.ranks) - 3))

    def run(self, draw: random.Random, recovered: list[int]) -> None:
        """Move patients, in place, until every figure is met."""
        distance = self.distance(recovered)
        for _ in range(_TRIES):
            if distance == 0:
                return
            i = self.ordinary[draw.randrange(len(self.ordinary))]
            reach = max(2, self.at_caseness[i] // 25) if distance > 1 else 2
            before = recovered[i]
            recovered[i] += draw.randint(-reach, reach)
            plausible = 0.22 < recovered[i] / self.at_caseness[i] < 0.70  # noqa: PLR2004 - inside the fences
            moved = self.distance(recovered) if plausible else distance
            if moved < distance:
                distance = moved
            else:
                recovered[i] = before
        raise RuntimeError("this seed does not reach the paper's figures")


def _beyond(value: float, goal: float, tolerance: float) -> float:
    return max(0.0, abs(value - goal) - tolerance)


def _outcomes(draw: random.Random, finished: list[int], ranks: Sequence[int]) -> tuple[list[int], list[int]]:
    """Draw who was at caseness and who recovered, then search."""
    at_caseness = [min(size, int(size * (0.90 + 0.015 * _bell(draw)))) for size in finished]
    search = _Search(finished, ranks, at_caseness)
    slope = (_HIGHEST_EXPECTED - _LOWEST_EXPECTED) / (_LOCALITIES - 1)
    recovered = []
    for rank, cases in zip(ranks, at_caseness, strict=True):
        bell = _bell(draw)
        # Heavier tails than the normal, as areas' rates have.
        rate = _LOWEST_EXPECTED + slope * (rank - 1) + 0.066 * (0.75 * bell + 0.1 * bell**3)
        recovered.append(round(min(max(rate, 0.24), 0.68) * cases))
    for area, (few, cases) in ((search.low_area, _LOWEST), (search.high_area, _HIGHEST)):
        at_caseness[area], recovered[area] = cases, few
    search.run(draw, recovered)
    return at_caseness, recovered
