"""The base of every computed value: frozen, complete, and never a not-a-number."""

from __future__ import annotations

import math
from typing import SupportsFloat

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value that round-trips through JSON without loss; what cannot be computed is None."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def finite(number: SupportsFloat) -> float | None:
    """Return ``number`` as a float, or None where it is infinite or not a number."""
    value = float(number)
    return value if math.isfinite(value) else None
