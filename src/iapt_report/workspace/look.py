"""How a user's figures look where a journal asks for something else than the default."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Look(BaseModel):
    """The section ``[figures]`` of the configuration.

    Parameters
    ----------
    width : float or None
        Of figures that are as wide as the text, in inches; None for the width of the printed page. Maps keep their own.
    font : str
        The name of the letters' font; empty for those of the page.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: Annotated[float, Field(ge=2.5, le=12)] | None = None
    font: Annotated[str, Field(pattern=r"^[A-Za-z0-9 \-]*$", max_length=60)] = ""
