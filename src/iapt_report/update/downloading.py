"""What a server sends: all of it, within limits of time and size, or nothing."""

from __future__ import annotations

import threading
import urllib.parse
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report import __version__

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

USER_AGENT = f"iapt-report/{__version__} (repeats a study of NHS talking therapies for each new quarter)"
_SILENCE_S = 60
_CHUNK = 1 << 16
_REDIRECTS = 5
_OK = 200
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Limits:
    """How much a download may take in all.

    Parameters
    ----------
    seconds : float
    size : int
        Bytes, unpacked.
    """

    seconds: float
    size: int


FILE = Limits(seconds=1800, size=1_000_000_000)
PAGE = Limits(seconds=60, size=5_000_000)


@dataclass(frozen=True)
class Answer:
    """What came: the status, and the address that it came from in the end."""

    status: int
    address: str


class DownloadError(Exception):
    """Nothing usable came, for a reason in words; ``reached`` is whether there was a server at all."""

    def __init__(self, reason: str, *, reached: bool = True) -> None:
        super().__init__(reason)
        self.reached = reached


def download(address: str, path: Path, limits: Limits, hosts: Collection[str] = ()) -> Answer:
    """Write what is at an address to a file.

    The time is that of everything, also of a server that sends a byte now and then, which no limit of a single read
    notices: the work is left to a thread, and the thread to itself when time is up.

    Parameters
    ----------
    address : str
    path : Path
        Whatever it holds afterwards is of use only where nothing is raised.
    limits : Limits
    hosts : collection of str
        The only servers that a redirection may lead to; any, if there are none. None leads from https to http.

    Raises
    ------
    DownloadError
        If the server cannot be reached, answers with an error, breaks off, or goes beyond the limits.
    OSError
        If the file cannot be written.
    """
    attempt = _Attempt(address, path, limits, frozenset(hosts))
    worker = threading.Thread(target=attempt.run, name="download", daemon=True)
    worker.start()
    try:
        worker.join(limits.seconds)
    finally:
        attempt.stop.set()
    if attempt.error is not None:
        raise attempt.error
    if attempt.answer is None:
        raise DownloadError(f"the download broke off: it was not done in {limits.seconds:g} seconds")
    return attempt.answer


class _Attempt:
    """One download, which a thread of its own can be at work on; it ends with an answer or an error."""

    def __init__(self, address: str, path: Path, limits: Limits, hosts: frozenset[str]) -> None:
        self.address, self.path, self.limits, self.hosts = address, path, limits, hosts
        self.stop = threading.Event()
        self.answer: Answer | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        import requests
        import urllib3

        try:
            self.answer = self._get()
        except (DownloadError, OSError) as error:
            # What requests raises is an OSError too; of these, only the words are of use to anybody.
            host = _server_of(self.address)
            if isinstance(error, requests.ConnectionError):
                self.error = DownloadError(f"{host} cannot be reached", reached=False)
            elif isinstance(error, requests.Timeout):
                self.error = DownloadError(f"{host} does not answer")
            elif isinstance(error, requests.RequestException):
                self.error = DownloadError(f"the download broke off: {_short(error)}")
            else:
                self.error = error
        except (urllib3.exceptions.HTTPError, zlib.error, ValueError) as error:
            self.error = DownloadError(f"the download broke off: {_short(error)}")

    def _get(self) -> Answer:
        import requests

        with requests.Session() as session:
            session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
            address = self.address
            for _ in range(_REDIRECTS + 1):
                with session.get(address, stream=True, timeout=_SILENCE_S, allow_redirects=False) as response:
                    if response.is_redirect:
                        address = self._next(address, str(response.headers["Location"]))
                        continue
                    if not response.ok:
                        raise DownloadError(f"the server answers {response.status_code}")
                    self._write(response)
                    return Answer(response.status_code, address)
        raise DownloadError("the server leads from one address to the next without an end")

    def _next(self, address: str, location: str) -> str:
        """Follow a redirection, if it leads where it may."""
        there = urllib.parse.urljoin(address, location)
        here, to = urllib.parse.urlsplit(address), urllib.parse.urlsplit(there)
        if to.scheme not in {"https", here.scheme} or (self.hosts and to.netloc.lower() not in self.hosts):
            raise DownloadError(f"the server leads elsewhere, to {to.scheme}://{to.hostname}")
        return there

    def _write(self, response: Any) -> None:
        written = 0
        with self.path.open("wb") as stream:
            for chunk in _unpacked(response):
                if self.stop.is_set():
                    return
                written += len(chunk)
                if written > self.limits.size:
                    raise DownloadError(f"the download broke off: it is larger than {self.limits.size:,} bytes")
                stream.write(chunk)


def _unpacked(response: Any) -> Iterator[bytes]:
    """Give what comes in pieces, a little at a time also where much is packed into little.

    A packed stream that ends before its end would else pass for the whole.
    """
    packed = response.headers.get("Content-Encoding", "identity").lower()
    if packed not in {"identity", "", "gzip", "x-gzip"}:
        raise DownloadError(f"the server packs what it sends as {packed[:20]!r}, which was not asked for")
    unpack = zlib.decompressobj(_GZIP) if packed.endswith("gzip") else None
    while piece := response.raw.read(_CHUNK, decode_content=False):
        if unpack is None:
            yield piece
            continue
        while piece and not unpack.eof:
            yield unpack.decompress(piece, _CHUNK)
            piece = unpack.unconsumed_tail
    if unpack is not None and not unpack.eof:
        raise DownloadError("the download broke off: what came is cut")


def _server_of(address: str) -> str:
    try:
        return urllib.parse.urlsplit(address).hostname or address
    except ValueError:
        return address


def _short(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text[:200]
