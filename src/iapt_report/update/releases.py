"""The published files that a workspace knows the addresses of: ``data/releases.toml``."""

from __future__ import annotations

import re
import urllib.parse
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from iapt_report.areas.period import Period
from iapt_report.system.errors import CallError, DataError
from iapt_report.system.toml_text import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

RELEASES_FILE = "releases.toml"
LATEST = "latest"
Kind = Literal["activity", "deprivation", "lookup"]
_ADDRESS = r"^https?://[^\s/]+/\S*$"


def _with_server(address: str) -> str:
    """Refuse an address whose server cannot be told, such as ``https://[x/file``."""
    there = urllib.parse.urlsplit(address)
    if not there.hostname or there.port == 0:
        raise ValueError("no server is named in it")
    return address


Address = Annotated[str, Field(pattern=_ADDRESS), AfterValidator(_with_server)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Entry = TypeVar("Entry", bound=BaseModel)
_ADD = (
    'add a line to {file}, under [series.files]: {period} = "…", or an entry: [[release]] with kind = "activity", '
    'periods = ["{period}"] and address = "https://…", as its first lines explain'
)


class Release(BaseModel):
    """One published file; see the head of ``releases.toml`` for its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    periods: tuple[str, ...] = Field(min_length=1)
    address: Address | None = None
    page: str = ""
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_. ()-]{0,200}$")] | None = None
    sha256: Sha256 | None = None

    @field_validator("periods")
    @classmethod
    def _are_periods(cls, periods: tuple[str, ...]) -> tuple[str, ...]:
        for name in periods:
            _period(name)
        return periods

    @property
    def name(self) -> str:
        """The file's name in the cache."""
        last = (self.address or "").partition("?")[0].rpartition("/")[2]
        return self.file or re.sub(r"[^A-Za-z0-9_.()-]", "_", last).lstrip(".") or f"{self.kind}-{self.periods[0]}"


class Newer(BaseModel):
    """How releases are found that are not listed; see the head of ``releases.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosts: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:[0-9]+)?$")], ...] = Field(min_length=1)
    release: tuple[Word, ...] = ()
    file: tuple[Word, ...] = Field(min_length=1)
    without: tuple[Word, ...] = ()
    formats: tuple[Literal["csv", "zip", "xlsx"], ...] = Field(default=("csv", "zip", "xlsx"), min_length=1)


class Listed(BaseModel):
    """One line of a series."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Annotated[str, Field(pattern=r"^[^\s/]\S*$")]
    sha256: Sha256 | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value


class Series(BaseModel):
    """Releases that follow one another; see the head of ``releases.toml`` for its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Literal["month", "year"]
    page: Address
    base: Address
    newer: Newer | None = None
    files: dict[str, Listed] = Field(default_factory=dict)

    @field_validator("files")
    @classmethod
    def _are_of_its_kind(cls, files: dict[str, Listed], info: Any) -> dict[str, Listed]:
        kind = info.data.get("of")
        for name in files:
            if _period(name).kind != kind:
                raise ValueError(f"{name!r} is not a {kind}")
        return files

    @property
    def releases(self) -> tuple[Release, ...]:
        """Each line as a release."""
        return tuple(
            Release(
                kind="activity",
                periods=(period,),
                address=f"{self.base.rstrip('/')}/{listed.file}",
                page=self.page,
                sha256=listed.sha256,
            )
            for period, listed in self.files.items()
        )


@dataclass(frozen=True)
class ReleaseList:
    """What ``releases.toml`` says.

    Parameters
    ----------
    releases : tuple of Release
        Single ones first; those of a series, where no single one has taken their place.
    series : tuple of Series
    """

    releases: tuple[Release, ...]
    series: tuple[Series, ...] = ()


def read_releases(path: Path) -> tuple[Release, ...]:
    """Read the releases of a list, as `read_list` does."""
    return read_list(path).releases


def read_list(path: Path) -> ReleaseList:
    """Read the list of releases.

    Raises
    ------
    DataError
        If the file is missing, no TOML, or has an entry that cannot be.
    """
    values = read_toml(path, absent="copy it from a new workspace, made with `iapt-report init DIR`")
    strange = sorted(set(values) - {"release", "series"})
    if strange:
        raise DataError(
            f"there is no section {strange[0]!r}",
            file=path,
            expected="[[release]] and [[series]]",
            mend="correct or remove it",
        )
    single = _entries(values, "release", Release, path)
    series = _entries(values, "series", Series, path)
    taken = {period for release in single if release.kind == "activity" for period in release.periods}
    lines = (release for one in series for release in one.releases if release.periods[0] not in taken)
    return ReleaseList((*single, *lines), series)


def shared_names(releases: Iterable[Release]) -> frozenset[str]:
    """Return the names of more than one listed file: such a name does not say which of them a file is."""
    addresses = {(release.name, release.address) for release in releases}
    return frozenset(name for name, count in Counter(name for name, _ in addresses).items() if count > 1)


def releases_for(releases: Sequence[Release], period: Period, path: Path) -> tuple[Release, ...]:
    """Choose the files of one period: its own activity, or that of its months, with what is listed of deprivation.

    Raises
    ------
    DataError
        If the list has no activity for the period, or lacks one of its months.
    """
    activity = _of(releases, "activity", {period.id}) or _of_months(releases, period, path)
    years = {period.id, period.financial_year}
    others = (_of(releases, kind, years)[:1] for kind in ("deprivation", "lookup"))
    return (*dict.fromkeys(activity), *(release for found in others for release in found))


def listed_periods(releases: Sequence[Release]) -> list[Period]:
    """List the periods that a list of releases gives, oldest first.

    Months are parts of quarters, which the study is about: they give the quarters of which all three are listed.
    """
    named = {Period.parse(name) for release in releases if release.kind == "activity" for name in release.periods}
    months = {period.id for period in named if period.kind == "month"}
    quarters = {quarter_of(period) for period in named if period.kind == "month"}
    complete = {quarter for quarter in quarters if all(month.id in months for month in quarter.parts)}
    return sorted({period for period in named if period.kind != "month"} | complete)


def latest_quarter(releases: Sequence[Release], path: Path) -> Period:
    """Return the newest quarter that is whole.

    Raises
    ------
    DataError
        If there is none.
    """
    quarters = [period for period in listed_periods(releases) if period.kind == "quarter"]
    if not quarters:
        raise DataError(
            "no quarter is listed, nor all three months of one",
            file=path,
            mend="name a period, or list the months as the first lines explain",
        )
    return quarters[-1]


def quarter_of(month: Period) -> Period:
    """Return the NHS quarter that a month lies in."""
    return Period.parse(f"{month.financial_year}-Q{(month.start.month - 4) % 12 // 3 + 1}")


def _of(releases: Sequence[Release], kind: str, periods: set[str]) -> list[Release]:
    return [release for release in releases if release.kind == kind and periods & set(release.periods)]


def _of_months(releases: Sequence[Release], period: Period, path: Path) -> list[Release]:
    """Return the activity of a period's months, of which each must be there."""
    months = {month.id: _of(releases, "activity", {month.id}) for month in period.parts}
    lacking = [month for month, listed in months.items() if not listed]
    if not lacking:
        return [release for listed in months.values() for release in listed]
    some = len(lacking) < len(months)
    which = f": {', '.join(lacking)} of its months" if some else ""
    raise DataError(
        f"no activity of {period.id} is listed{which}",
        file=path,
        expected="an entry for the period, or for each of its months",
        mend=_ADD.format(file=path, period=lacking[0] if some else period.id),
    )


def _entries(values: dict[str, Any], section: str, kind: type[Entry], path: Path) -> tuple[Entry, ...]:
    """Read the blocks of one section."""
    found, entries = [], values.get(section, [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        try:
            found.append(kind.model_validate(entry))
        except ValidationError as error:
            first = error.errors()[0]
            raise DataError(
                f"[[{section}]], entry {number}: {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}",
                file=path,
                expected=", ".join(kind.model_fields),
                mend="correct the entry",
            ) from None
    return tuple(found)


def _period(name: str) -> Period:
    try:
        return Period.parse(name)
    except CallError as error:
        raise ValueError(error.problem) from None
