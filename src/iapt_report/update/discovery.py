"""Releases that are not listed yet, found where the publisher lists them.

What a page says is never taken for true: of it, addresses alone are used, of the form and on the servers that the rule
in ``releases.toml`` allows, and a period that is named in an address.
"""

from __future__ import annotations

import calendar
import hashlib
import re
import tempfile
import time
import urllib.parse
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.areas.period import Period
from iapt_report.system import atomic
from iapt_report.system.errors import CallError
from iapt_report.update.downloading import PAGE, DownloadError, Limits, download
from iapt_report.update.releases import LATEST, Release, latest_quarter, read_list

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from iapt_report.update.releases import Newer, ReleaseList, Series

_FRESH_S = 6 * 3600
_PAGES_AT_MOST = 24
_PAGES_FOLDER = "pages"
_CENTURY = 2000
_OF_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name} | {
    name.lower(): number for number, name in enumerate(calendar.month_abbr) if name
}
_MONTHS = {**_OF_MONTHS, "sept": 9}
_MONTH = re.compile(
    rf"(?<![a-z])({'|'.join(sorted(_MONTHS, key=len, reverse=True))})_?(20[0-9]{{2}}|[0-9]{{2}})(?![0-9])"
)
_YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})_([0-9]{2})(?![0-9])")


@dataclass(frozen=True)
class Known:
    """The releases that are known: those that are listed, and those that were found.

    Parameters
    ----------
    releases : tuple of Release
        Listed ones first.
    found : tuple of Release
        Those that are not listed; each has the page that it was found on.
    warnings : tuple of str
        Why what is newer could not be looked for.
    """

    releases: tuple[Release, ...]
    found: tuple[Release, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """What was found, and where, a sentence a release."""
        return tuple(f"found {', '.join(r.periods)} on {r.page}: {r.address}" for r in self.found)


@dataclass(frozen=True)
class Pages:
    """Pages of a publisher, each asked for once in a while.

    Parameters
    ----------
    cache : Path
        The folder that downloads are kept in.
    again : bool
        Whether to ask for what an earlier run has kept.
    limits : Limits
        Of each page.
    """

    cache: Path
    again: bool = False
    limits: Limits = PAGE

    def read(self, address: str, hosts: Collection[str]) -> Page:
        """Read a page as it was kept, or ask for it.

        Raises
        ------
        DownloadError
            If it cannot be had.
        """
        path = self.path(address)
        if not self.again and path.is_file() and 0 <= time.time() - path.stat().st_mtime < _FRESH_S:
            return Page(address, path.read_bytes(), kept=True)
        with tempfile.TemporaryDirectory() as folder:
            came = Path(folder) / "page"
            answer = download(address, came, self.limits, hosts)
            return Page(answer.address, came.read_bytes())

    def keep(self, address: str, page: Page) -> None:
        """Keep a page that was of use, and let one that was not be asked for again."""
        if page.address == address and not page.kept:
            atomic.write_bytes(self.path(address), page.content)

    def path(self, address: str) -> Path:
        """Return where a page is kept."""
        return self.cache / _PAGES_FOLDER / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.html"


@dataclass(frozen=True)
class Page:
    """What came from an address, after redirections, or was kept of an earlier time."""

    address: str
    content: bytes
    kept: bool = False

    def links(self, allowed: Callable[[str], bool]) -> list[str]:
        """Return the addresses that the page links to and that are allowed, each once, in order, without fragments.

        Raises
        ------
        DownloadError
            If this is no page.
        """
        parser = _Links()
        try:
            parser.feed(self.content.decode("utf-8", errors="replace"))
        except (AssertionError, ValueError):
            # What the parser of the standard library makes of some declarations that are none.
            raise DownloadError("what came cannot be read as a page") from None
        there = (_joined(self.address, link) for link in parser.found)
        return [address for address in dict.fromkeys(there) if address and allowed(address)]


class _Links(HTMLParser):
    """Collects what a page's links lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value.strip() for name, value in attrs if name == "href" and value]


def known_releases(
    path: Path, cache: Path, wanted: Sequence[Period] = (), *, again: bool = False, limits: Limits = PAGE
) -> Known:
    """Read the list of releases, and find what is newer than it.

    Looked for are the releases after the last that a series lists, and those of the periods that are wanted and not
    listed. Where a page cannot be had or understood, the list is all there is, and a warning says so.

    Parameters
    ----------
    path : Path
        The list.
    cache : Path
        The folder that downloads are kept in.
    wanted : sequence of Period
    again : bool
        Whether to ask for pages that an earlier run has kept.
    limits : Limits
        Of each page.

    Raises
    ------
    DataError
        If the list cannot be read.
    """
    listed = read_list(path)
    pages = Pages(cache, again, limits)
    found: list[Release] = []
    warnings: list[str] = []
    for series in listed.series:
        if series.newer is None:
            continue
        try:
            found.extend(_newer(series, series.newer, listed, wanted, pages, warnings))
        except (DownloadError, OSError) as error:
            warnings.append(f"{series.page}: {error}; what {path.name} lists is all that is known of this series")
    found.sort(key=lambda release: Period.parse(release.periods[0]))
    return Known((*listed.releases, *found), tuple(found), tuple(warnings))


def parse_wanted(text: str, known: Known, path: Path) -> Period:
    """Read a period's id, or ``latest``: the newest quarter of which everything is published.

    Raises
    ------
    CallError
        If ``text`` is neither.
    DataError
        If there is no whole quarter.
    """
    return latest_quarter(known.releases, path) if text == LATEST else Period.parse(text)


def _newer(
    series: Series,
    rule: Newer,
    listed: ReleaseList,
    wanted: Sequence[Period],
    pages: Pages,
    warnings: list[str],
) -> Iterator[Release]:
    """Find the releases of a series that are not listed, newest first."""
    page = pages.read(series.page, rule.hosts)
    linked = _linked(page.links(_allowed(series.page, rule.hosts)), series.of, rule.release)
    if not linked:
        raise DownloadError(f"no link on this page is to a release of a {series.of} as the rule has it")
    pages.keep(series.page, page)
    named = {name for release in listed.releases if release.kind == "activity" for name in release.periods}
    last = max((Period.parse(name) for name in series.files), default=None)
    parts = {part for period in wanted for part in (period, *period.parts)}
    new = [p for p in linked if p.id not in named and (last is None or p > last or p in parts)]
    for period in sorted(new, reverse=True)[:_PAGES_AT_MOST]:
        try:
            yield _release(period, linked[period], series, rule, pages, warnings)
        except DownloadError as error:
            warnings.append(f"{linked[period]}: {error}; {period.id} is not known therefore")


def _release(period: Period, address: str, series: Series, rule: Newer, pages: Pages, warnings: list[str]) -> Release:
    """Find a release's file on its page."""
    page = pages.read(address, rule.hosts)
    links = page.links(_allowed(series.page, rule.hosts))
    ranked = sorted((rank, at, link) for at, link in enumerate(links) if (rank := _rank(link, period, rule)))
    if not ranked:
        raise DownloadError("no link on this page is to the file, as the rule has it")
    others = [link for rank, _, link in ranked[1:] if rank == ranked[0][0]]
    if others:
        warnings.append(f"{address}: {ranked[0][2]} is taken for the file; so could be {', '.join(others)}")
    pages.keep(address, page)
    return Release(kind="activity", periods=(period.id,), address=ranked[0][2], page=address)


def _linked(links: Iterable[str], of: str, words: Sequence[str]) -> dict[Period, str]:
    """Tell which links lead to a release's page, by period; of several, the first of the shortest."""
    found: dict[Period, str] = {}
    for link in links:
        last = _folded(link)
        period = _period_in(last, of)
        fits = not words or any(_fold(word) in last for word in words)
        if period and fits and (period not in found or len(link) < len(found[period])):
            found[period] = link
    return found


def _rank(link: str, period: Period, rule: Newer) -> tuple[int, int] | None:
    """Say how well a link's name fits what the file's is to be, the least the best; None where it does not."""
    name, _, ending = _folded(link).rpartition("_")
    if ending not in rule.formats or _period_in(name, period.kind) != period:
        return None
    if any(_fold(word) in name for word in rule.without):
        return None
    fitting = [at for at, word in enumerate(rule.file) if _fold(word) in name]
    return (fitting[0], rule.formats.index(ending)) if fitting else None


def _period_in(name: str, of: str) -> Period | None:
    """Read the period that a folded name speaks of."""
    try:
        if of == "year":
            return next((Period.parse(f"{year}-{end}") for year, end in _YEAR.findall(name)), None)
        found = _MONTH.search(name)
        if found is None:
            return None
        year = int(found[2])
        return Period.parse(f"{year if year >= _CENTURY else _CENTURY + year}-{_MONTHS[found[1]]:02d}")
    except CallError:
        return None


def _allowed(series: str, hosts: Collection[str]) -> Callable[[str], bool]:
    """Return a test of whether an address is one that may be asked: as safe as the series' own, on a known server."""
    schemes = {"https", urllib.parse.urlsplit(series).scheme}

    def is_allowed(address: str) -> bool:
        try:
            there = urllib.parse.urlsplit(address)
        except ValueError:
            return False
        return there.scheme in schemes and there.netloc.lower() in hosts and not re.search(r"[\s\x00-\x1f]", address)

    return is_allowed


def _joined(page: str, link: str) -> str:
    try:
        return urllib.parse.urldefrag(urllib.parse.urljoin(page, link)).url.replace(" ", "%20")
    except ValueError:
        return ""


def _folded(address: str) -> str:
    """Return the last part of an address's path in lower case, with one mark for whatever separates words."""
    path = urllib.parse.unquote(urllib.parse.urlsplit(address).path)
    return _fold(path.rstrip("/").rpartition("/")[2])


def _fold(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower())
