"""The published files that a workspace knows the addresses of: ``data/releases.toml``."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from iapt_report.areas.period import Period
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from pathlib import Path

RELEASES_FILE = "releases.toml"
Kind = Literal["activity", "deprivation", "lookup"]
_ADD = (
    'add an entry to {file}: [[release]] with kind = "activity", periods = ["{period}"] and address = "https://…", '
    "as its first lines explain"
)


class Release(BaseModel):
    """One published file; see the head of ``releases.toml`` for its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    periods: tuple[str, ...] = Field(min_length=1)
    address: Annotated[str, Field(pattern=r"^https?://[^\s/]+/\S*$")] | None = None
    page: str = ""
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_. ()-]{0,200}$")] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None

    @field_validator("periods")
    @classmethod
    def _are_periods(cls, periods: tuple[str, ...]) -> tuple[str, ...]:
        for name in periods:
            try:
                Period.parse(name)
            except CallError as error:
                raise ValueError(error.problem) from None
        return periods

    @property
    def name(self) -> str:
        """The file's name in the cache."""
        last = (self.address or "").partition("?")[0].rpartition("/")[2]
        return self.file or re.sub(r"[^A-Za-z0-9_.()-]", "_", last).lstrip(".") or f"{self.kind}-{self.periods[0]}"


def read_releases(path: Path) -> tuple[Release, ...]:
    """Read the list of releases.

    Raises
    ------
    DataError
        If the file is missing, no TOML, or has an entry that cannot be.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(
            "there is no such file",
            file=path,
            mend="copy it from a new workspace, made with `iapt-report init DIR`",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"this is not TOML: {error}", file=path, mend="correct the line") from None
    found = []
    entries = values.get("release", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        try:
            found.append(Release.model_validate(entry))
        except ValidationError as error:
            first = error.errors()[0]
            raise DataError(
                f"entry {number}: {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}",
                file=path,
                expected="kind, periods, and address, page, file or sha256",
                mend="correct the entry",
            ) from None
    return tuple(found)


def releases_for(releases: tuple[Release, ...], period: Period, path: Path) -> tuple[Release, ...]:
    """Choose the files of one period: its own activity, or that of its months, with its deprivation and lookup.

    Raises
    ------
    DataError
        If the list has no activity for the period, or lacks one of its months.
    """
    own = [r for r in releases if r.kind == "activity" and period.id in r.periods]
    months = {
        month.id: [r for r in releases if r.kind == "activity" and month.id in r.periods] for month in period.parts
    }
    activity = own or [r for listed in months.values() for r in listed]
    lacking = [] if own else [month for month, listed in months.items() if not listed]
    if lacking:
        some = f": {', '.join(lacking)} of its months" if activity else ""
        raise DataError(
            f"no activity of {period.id} is listed{some}",
            file=path,
            expected="an entry for the period, or for each of its months",
            mend=_ADD.format(file=path, period=lacking[0] if activity else period.id),
        )
    years = {period.id, period.financial_year}
    others = [
        next((r for r in releases if r.kind == kind and years & set(r.periods)), None)
        for kind in ("deprivation", "lookup")
    ]
    return (*dict.fromkeys(activity), *(release for release in others if release))
