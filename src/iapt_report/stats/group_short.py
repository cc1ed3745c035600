"""In which one of several groups a service falls short by clearly more than in its others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.stats.two_rates import difference_interval

if TYPE_CHECKING:
    from collections.abc import Sequence


def clearly_shortest(
    cases: Sequence[int], reached: Sequence[int], expected: Sequence[float], confidence: float
) -> int | None:
    """Find the group that falls short of its expected rate by clearly more points than the others together.

    Parameters
    ----------
    cases, reached : sequence of int
        The patients of each of k groups, and those of them who reached the outcome.
    expected : sequence of float
        The rate expected of each group (proportions), taken as known.
    confidence : float
        Level of the interval, 0–1.

    Returns
    -------
    int or None
        The place of the group with the largest shortfall in points; None where it cannot be told from the others.

    Notes
    -----
    Were the shortfall the same in every group, the group's rate less that of all others would be its expected rate less
    the mean of theirs, weighted by their patients. The group is named where Newcombe's interval of the difference of
    the two observed rates lies wholly below that. The group is the one of k that looks worst, so the interval is one of
    k by Bonferroni's rule: its error is (1 − confidence) / k.
    """
    known = [i for i, n in enumerate(cases) if n > 0]
    if len(known) < 2:  # noqa: PLR2004 - one group has no others
        return None
    worst = max(known, key=lambda i: expected[i] - reached[i] / cases[i])
    others = [i for i in known if i != worst]
    n = sum(cases[i] for i in others)
    observed = sum(reached[i] for i in others) / n
    alike = expected[worst] - sum(cases[i] * expected[i] for i in others) / n
    level = 1 - (1 - confidence) / len(known)
    limits = difference_interval((observed, reached[worst] / cases[worst]), (n, cases[worst]), level)
    short = reached[worst] / cases[worst] < expected[worst]
    return worst if short and limits is not None and limits[1] < alike else None
