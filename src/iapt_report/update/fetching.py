"""Published files from where they are published into a cache: whole, checked, or not at all."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iapt_report.system import atomic, digests
from iapt_report.system.errors import DataError
from iapt_report.update.downloading import FILE, DownloadError, Limits, download

if TYPE_CHECKING:
    from iapt_report.sources.recognise import Kind as FileKind
    from iapt_report.update.releases import Kind, Release

_HEAD = 512
_OK = 200
_ADDRESS_DIGITS = 16
_PAGES = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")
_READ_AS: dict[Kind, tuple[FileKind, ...]] = {
    "activity": ("activity",),
    "deprivation": ("deprivation", "summary"),
    "lookup": ("lookup",),
}


@dataclass(frozen=True)
class Fetched:
    """A file in the cache, with the SHA-256 of its content and whether it was there already."""

    path: Path
    sha256: str
    cached: bool


def default_cache() -> Path:
    """Return the folder that downloads are kept in: the user's cache, or what ``IAPT_REPORT_CACHE`` names."""
    import os

    import pooch

    return Path(os.environ.get("IAPT_REPORT_CACHE") or pooch.os_cache("iapt-report"))


def place_of(release: Release, cache: Path) -> Path:
    """Return where the cache has a release's file: in a folder of its address's own.

    Of the address as a whole: addresses that end alike are of other files. A file without one is where its name says.
    """
    if release.address is None:
        return cache / release.name
    return cache / hashlib.sha256(release.address.encode()).hexdigest()[:_ADDRESS_DIGITS] / release.name


def fetch(release: Release, cache: Path, listed: object, *, again: bool = False, limits: Limits = FILE) -> Fetched:
    """Download one release, or find it in the cache.

    Nothing half-done is kept or resumed: the file is written beside its place, held against its checksum where that is
    known, else read as the kind of file that it is listed as, and moved in.

    Parameters
    ----------
    release : Release
        With an address.
    cache : Path
        The folder to keep it in.
    listed : object
        The file that lists the release, for messages.
    again : bool
        Whether to download what is in the cache, where no listed checksum says that it is still the file.
    limits : Limits

    Raises
    ------
    DataError
        If it cannot be had, is cut short, is not of its kind, or is not what its checksum says.
    """
    import pooch

    address, path = release.address or "", place_of(release, cache)
    pooch.get_logger().setLevel(logging.ERROR)
    atomic.sweep(path.parent)
    listed_as = release.sha256.lower() if release.sha256 else None
    known = f"sha256:{listed_as}" if listed_as else None
    cached = path.is_file() and (
        not again and not _problem(path) if listed_as is None else digests.of_file(path) == listed_as
    )
    if cached:
        return Fetched(path, listed_as or digests.of_file(path), cached)
    try:
        with atomic.beside(path) as part:
            came = part / path.name
            pooch.retrieve(
                address, known_hash=known, fname=path.name, path=part, downloader=partial(_download, limits=limits)
            )
            if known is None:
                _read_as_listed(came, release)
            came.replace(path)
    except DownloadError as error:
        raise _failed(release, error, listed) from None
    except OSError as error:
        raise _failed(release, DownloadError(f"the download broke off: {error.strerror or error}"), listed) from None
    except ValueError:
        raise DataError(
            f"what {address} gives is not the file of the listed checksum",
            file=listed,
            expected=f"SHA-256 {release.sha256}",
            mend="if a corrected file was published, look at it, and list its checksum; else try again",
        ) from None
    finally:
        _forget_if_empty(path.parent)
    return Fetched(path, digests.of_file(path), cached)


def _download(address: str, output: str, mover: Any, check_only: bool = False, *, limits: Limits) -> None:
    """Download to a temporary file, as pooch asks for it, and refuse what is no data."""
    answer = download(address, Path(output), limits)
    problem = _problem(Path(output))
    if not problem and answer.status != _OK:
        problem = f"gives something other than the whole file (status {answer.status})"
    if problem:
        raise _no_data(f"{address} {problem}")


def _problem(path: Path) -> str:
    """Say what a file is that a server gives in the place of data, seen by its beginning; nothing where it may be data.

    Such a one in the cache, which somebody else may have put there, is as none.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "gives an empty file"
    if head.startswith(_PAGES):
        return "gives a web page, not a file of data"
    if head.startswith((b"{", b"[")):
        return "gives a message, not a file of data; the server may still be preparing it"
    return ""


def _read_as_listed(path: Path, release: Release) -> None:
    """Refuse a file that cannot be read as what it is listed as; what was kept would be in the way for ever."""
    from iapt_report.sources.read import read_published
    from iapt_report.sources.recognise import IN_WORDS, expect, is_known

    kinds = _READ_AS[release.kind]
    try:
        expect(kinds, read_published(path, is_known).header, path)
    except DataError as error:
        words = " or ".join(IN_WORDS[kind] for kind in kinds)
        raise _no_data(f"{release.address} gives what cannot be read as {words}: {error.problem}") from None


def _no_data(problem: str) -> DataError:
    return DataError(
        problem,
        expected="a CSV, XLSX or ZIP file",
        mend="try again later, or find the file's own address on the page of its publication",
    )


def _failed(release: Release, error: DownloadError, listed: object) -> DataError:
    page = f" ({release.page})" if release.page else ""
    mend = (
        f"try again; if it has moved, find its new address on the page of its publication{page} and list that"
        if error.reached
        else "look whether this machine has a network, and behind a proxy set HTTPS_PROXY; or download the file with a "
        "browser and give it to `iapt-report import`"
    )
    return DataError(f"{release.address}: {error}", file=listed, expected=f"the file {release.name}", mend=mend)


def _forget_if_empty(folder: Path) -> None:
    """Remove the folder of an address that gave nothing."""
    try:
        folder.rmdir()
    except OSError:
        return
