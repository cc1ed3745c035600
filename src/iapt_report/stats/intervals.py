"""The names of the limits that the deprivation-adjusted benchmark can be taken from."""

from __future__ import annotations

from typing import Literal

Interval = Literal["fitted_mean", "wilson", "prediction", "overdispersion"]
INTERVALS: tuple[Interval, ...] = ("fitted_mean", "wilson", "prediction", "overdispersion")
