"""Listed files at hand: put there by a person, kept from an earlier download, or downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.system import digests
from iapt_report.system.errors import DataError
from iapt_report.update.fetching import Fetched, fetch, place_of

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.update.releases import Release

INCOMING = "incoming"


class AwaitedError(DataError):
    """A file cannot be downloaded, and a person has not put it there yet."""


@dataclass(frozen=True)
class Places:
    """Where files are looked for.

    Parameters
    ----------
    incoming : Path
        The folder that a person puts files into, each under its listed name.
    cache : Path
        The folder that downloads are kept in.
    listed : Path
        The file that lists the releases, for messages.
    shared : frozenset of str
        Names that several listed files have, as `iapt_report.update.releases.shared_names` gives them: a file of such a
        name that a person has put there could be any of them.
    """

    incoming: Path
    cache: Path
    listed: Path
    shared: frozenset[str] = frozenset()


def known_digest(release: Release, places: Places) -> str | None:
    """Return the SHA-256 that a release is to have: as listed, or that of the file that a person has put there.

    None if neither says. What is in the cache says nothing: it may be older than what was imported elsewhere.
    """
    if release.sha256:
        return release.sha256.lower()
    path = places.incoming / release.name
    return digests.of_file(path) if path.is_file() and release.name not in places.shared else None


def is_awaited(release: Release, places: Places) -> bool:
    """Whether a person has yet to put the release's file there."""
    return release.address is None and _at_hand(release, places) is None


def obtain(release: Release, places: Places, *, again: bool = False) -> Fetched:
    """Have a release's file at hand.

    Parameters
    ----------
    release : Release
    places : Places
    again : bool
        Whether to download once more what an earlier download left, if no checksum is listed.

    Raises
    ------
    AwaitedError
        If no address is listed, and the file is not there.
    DataError
        If it cannot be downloaded, or is not what its listed checksum says.
    """
    path = _at_hand(release, places)
    by_hand = path is not None and (path.parent == places.incoming or release.address is None)
    if path is not None and by_hand:
        digest = digests.of_file(path)
        if release.sha256 and digest != release.sha256.lower():
            raise DataError(
                "this is not the file of the listed checksum",
                file=path,
                expected=f"SHA-256 {release.sha256}",
                mend=f"put the listed file there, or correct its checksum in {places.listed}",
            )
        return Fetched(path, digest, cached=True)
    if is_awaited(release, places):
        page = f"find it on {release.page}" if release.page else "find it where it is published"
        raise AwaitedError(
            f"the {release.kind} has no address to download it from, and is not there yet",
            file=places.incoming / release.name,
            expected=f"the file {release.name}, put there by hand",
            mend=f"{page}, and save it as {places.incoming / release.name}",
        )
    return fetch(release, places.cache, places.listed, again=again)


def _at_hand(release: Release, places: Places) -> Path | None:
    by_hand = places.incoming / release.name
    if by_hand.is_file() and release.name in places.shared:
        raise DataError(
            f"more than one listed file is named {release.name}, and this could be any of them",
            file=by_hand,
            expected="a name for each",
            mend=f'give each its own `file = "…"` in {places.listed}, and this file the one that is meant',
        )
    return next((path for path in (by_hand, place_of(release, places.cache)) if path.is_file()), None)
