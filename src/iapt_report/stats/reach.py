"""How many standard errors an interval reaches either way.

The quantiles of `scipy.special`, which are those that `scipy.stats` takes: importing that takes longer than to draw a
figure, and some need nothing else of it.
"""

from __future__ import annotations


def normal_reach(confidence: float) -> float:
    """Give it for a normal interval of this level (0–1), as R's ``qnorm(1 - (1 - confidence) / 2)``."""
    return upper_normal((1 - confidence) / 2)


def student_reach(confidence: float, dof: float) -> float:
    """Give it for an interval of Student's t with these degrees of freedom, as R's ``qt``."""
    from scipy import special

    return -float(special.stdtrit(dof, (1 - confidence) / 2))


def upper_normal(share: float) -> float:
    """Give the value that a standard normal variable exceeds with this probability, 0–1."""
    from scipy import special

    return -float(special.ndtri(share))
