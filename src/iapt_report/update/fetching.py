"""Published files from where they are published into a cache: whole, checked, or not at all."""

from __future__ import annotations

import hashlib
import logging
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report.system import atomic
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.update.releases import Release

_TIMEOUT_S = 60
_HEAD = 512
_PAGES = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")


@dataclass(frozen=True)
class Fetched:
    """A file in the cache, with the SHA-256 of its content and whether it was there already."""

    path: Path
    sha256: str
    cached: bool


def default_cache() -> Path:
    """Return the folder that downloads are kept in: the user's cache, or what ``IAPT_REPORT_CACHE`` names."""
    import os
    from pathlib import Path

    import pooch

    return Path(os.environ.get("IAPT_REPORT_CACHE") or pooch.os_cache("iapt-report"))


def fetch(release: Release, cache: Path, listed: object, *, again: bool = False) -> Fetched:
    """Download one release, or find it in the cache.

    Nothing half-done is kept or resumed: the file is written beside its place, held against its checksum where that is
    known, and moved in.

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

    Raises
    ------
    DataError
        If it cannot be had, is cut short, is a web page, or is not what its checksum says.
    """
    import pooch
    import requests

    address, path = release.address or "", cache / release.name
    pooch.get_logger().setLevel(logging.ERROR)
    known = f"sha256:{release.sha256.lower()}" if release.sha256 else None
    cached = path.is_file() and (not again if release.sha256 is None else _digest(path) == release.sha256.lower())
    if cached:
        return Fetched(path, _digest(path), cached)
    try:
        with atomic.beside(path) as part:
            pooch.retrieve(address, known_hash=known, fname=path.name, path=part, downloader=_download)
            (part / path.name).replace(path)
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "an error"
        raise _failed(release, f"the server answers {status}", listed) from None
    except requests.ConnectionError:
        host = urllib.parse.urlsplit(address).hostname
        raise DataError(
            f"{address}: {host} cannot be reached",
            file=listed,
            expected=f"the file {release.name}",
            mend="look whether this machine has a network, and behind a proxy set HTTPS_PROXY; or download the file "
            "with a browser and give it to `iapt-report import`",
        ) from None
    except (requests.RequestException, OSError) as error:
        raise _failed(release, f"the download broke off: {_short(error)}", listed) from None
    except ValueError:
        raise DataError(
            f"what {address} gives is not the file of the listed checksum",
            file=listed,
            expected=f"SHA-256 {release.sha256}",
            mend="if a corrected file was published, look at it, and list its checksum; else try again",
        ) from None
    return Fetched(path, _digest(path), cached)


def _download(address: str, output: str, mover: Any, check_only: bool = False) -> None:
    """Download to a temporary file, as pooch asks for it, and refuse what is no data."""
    import pooch

    pooch.HTTPDownloader(timeout=_TIMEOUT_S)(address, output, mover)
    with open(output, "rb") as stream:  # noqa: PTH123 - pooch gives a name, not a path
        head = stream.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    problem = ""
    if not head:
        problem = "gives an empty file"
    elif head.startswith(_PAGES):
        problem = "gives a web page, not a file of data"
    elif head.startswith((b"{", b"[")):
        problem = "gives a message, not a file of data; the server may still be preparing it"
    if problem:
        raise DataError(
            f"{address} {problem}",
            expected="a CSV, XLSX or ZIP file",
            mend="try again later, or find the file's own address on the page of its publication",
        )


def _failed(release: Release, problem: str, listed: object) -> DataError:
    page = f" ({release.page})" if release.page else ""
    return DataError(
        f"{release.address}: {problem}",
        file=listed,
        expected=f"the file {release.name}",
        mend=f"try again; if it has moved, find its new address on the page of its publication{page} and list that",
    )


def _short(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text[:200]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
