"""What a user's papers carry: title, authors, keywords and statements."""

from __future__ import annotations

import re
from datetime import date as Date  # noqa: N812 - the field has the name
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)

_DEFAULT_HEAD = "Deprivation and {outcome} in NHS talking therapies"
# What stands in braces in a text of the user's, and is filled for each period.
_PLACES = {"title": ("{months}", "{period}", "{outcome}"), "running_head": ("{outcome}",)}
_DEFAULT_TITLE = _DEFAULT_HEAD + ": {months}"
_STYLE = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*\.csl", re.ASCII)
# What a link to write to leads to: nothing in it can end an attribute, or begin markup or another field of a mail.
_EMAIL = re.compile(r"[\w.+%'-]+@[\w.-]+")
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", re.ASCII)
Words = Annotated[str, Field(pattern=r"\S")]


class Author(BaseModel):
    """One author of the user's paper."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    affiliation: str = ""
    affiliations: tuple[Words, ...] = ()
    orcid: str = ""
    email: str = ""
    corresponding: StrictBool = False

    @property
    def places(self) -> tuple[str, ...]:
        """Every affiliation once, in the order given."""
        return tuple(dict.fromkeys(place for place in (self.affiliation, *self.affiliations) if place.strip()))

    @field_validator("orcid")
    @classmethod
    def _is_orcid(cls, value: str) -> str:
        if not value:
            return value
        if not _ORCID.fullmatch(value):
            raise ValueError(
                f"{value!r} is not an ORCID: it has the form 0000-0000-0000-000X, 15 digits and a digit or X"
            )
        expected = orcid_check_character(value)
        if value[-1] != expected:
            raise ValueError(f"{value!r} is not an ORCID: its last character would be {expected}, so one is mistyped")
        return value

    @field_validator("email")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value.strip() and not _EMAIL.fullmatch(value.strip()):
            raise ValueError(
                f"{value!r} is not an email address: it is name@organisation, of letters, digits and . _ % + - '"
            )
        return value.strip()

    @model_validator(mode="after")
    def _can_be_written_to(self) -> Author:
        if self.corresponding and not self.email.strip():
            raise ValueError(f"{self.name!r} is the corresponding author, and has no email")
        return self


def orcid_check_character(orcid: str) -> str:
    """Compute the last character of an ORCID from the 15 digits before it.

    Parameters
    ----------
    orcid : str
        As ``0000-0000-0000-000X``; the last character is not looked at.

    References
    ----------
    ISO/IEC 7064:2003, system MOD 11-2.
    """
    total = 0
    for digit in orcid.replace("-", "")[:15]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11]


class Paper(BaseModel):
    """What the user's papers carry: never the title or the authors of the 2016 study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(default=_DEFAULT_TITLE, min_length=1)
    running_head: str = _DEFAULT_HEAD
    authors: tuple[Author, ...] = ()
    keywords: tuple[Words, ...] = ()
    date: Date | None = None
    declaration_of_interest: str = ""
    data_availability: str = ""
    ethics: str = ""
    funding: str = ""
    acknowledgements: str = ""
    csl: str = ""

    @field_validator("csl")
    @classmethod
    def _is_within_the_workspace(cls, value: str) -> str:
        if value and not _STYLE.fullmatch(value):
            raise ValueError(
                f"{value!r} is no file of the workspace: a path from its folder, of letters, digits, dots and hyphens, "
                "that ends in .csl"
            )
        return value

    @property
    def contact(self) -> str:
        """Whom to write to: the corresponding author, else the first with an email; empty without any."""
        reachable = sorted((a for a in self.authors if a.email.strip()), key=lambda a: not a.corresponding)
        return f"{reachable[0].name}, {reachable[0].email}" if reachable else ""

    @field_validator("title", "running_head")
    @classmethod
    def _has_known_places(cls, value: str, info: ValidationInfo) -> str:
        known = _PLACES[info.field_name or ""]
        strange = [place for place in re.findall(r"\{\w*\}", value) if place not in known]
        if strange:
            raise ValueError(f"{strange[0]} is none of the places that are filled: {', '.join(known)}")
        return value
