"""Downloads from a server that behaves, and from one that does not."""

from __future__ import annotations

import csv
import gzip
import hashlib
import platform
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

import published
from conftest import ROOT
from iapt_report import __version__
from iapt_report.areas.period import Period
from iapt_report.system.errors import DataError
from iapt_report.update.downloading import USER_AGENT, Limits
from iapt_report.update.fetching import fetch, place_of
from iapt_report.update.releases import (
    RELEASES_FILE,
    Release,
    latest_quarter,
    listed_periods,
    read_list,
    read_releases,
    releases_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = (",".join(published.ANNUAL_OLD) + "\n" + "CCG,00C,A name,Total,NULL,NULL,60,70,30,200,50\n" * 1000).encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    asked: ClassVar[list[tuple[str, str]]] = []
    # Set when a test is over, so that a server that goes on for ever does not.
    over: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["User-Agent"]))
        packed = gzip.compress(CONTENT)
        answers: dict[str, tuple[int, bytes, dict[str, str]]] = {
            "/sound.csv": (200, CONTENT, {}),
            "/2019/main.csv": (200, CONTENT, {}),
            "/2020/main.csv": (200, CONTENT.replace(b"A name", b"Another"), {}),
            "/page.csv": (200, b"\n <!DOCTYPE html><title>Moved</title>", {}),
            "/feed.csv": (200, b"<rss><item/></rss>", {}),
            "/words.csv": (200, b"The service is being looked after. Come back later.\n", {}),
            "/other.csv": (200, b"LSOA11CD,CCG19CDH\nE01000001,00C\n", {}),
            "/packed.csv": (200, packed, {}),
            "/packed-and-cut.csv": (200, packed[: len(packed) // 2], {"Content-Encoding": "gzip"}),
            "/packed-and-whole.csv": (200, packed, {"Content-Encoding": "gzip"}),
            "/packed-oddly.csv": (200, packed, {"Content-Encoding": "br"}),
            "/bomb.csv": (200, gzip.compress(bytes(50_000_000)), {"Content-Encoding": "gzip"}),
            "/broken.zip": (200, b"PK\x03\x04" + bytes(100), {}),
            "/part.csv": (206, CONTENT, {"Content-Range": "bytes 0-9/20"}),
            "/pending.csv": (202, b'{"status": "Pending"}', {}),
            "/empty.csv": (200, b"", {}),
            "/cut.csv": (200, CONTENT, {}),
            "/drips.csv": (200, CONTENT, {}),
            "/drips-heads.csv": (200, CONTENT, {}),
            "/silent.csv": (200, CONTENT, {}),
            "/away.csv": (302, b"", {"Location": "file:///etc/passwd"}),
            "/moved.csv": (302, b"", {"Location": "/sound.csv"}),
            "/round.csv": (302, b"", {"Location": "/round.csv"}),
        }
        status, body, headers = answers.get(self.path, (404, b"gone", {}))
        if self.path == "/silent.csv":
            self.over.wait(60)
            return
        self.send_response(status)
        if self.path == "/drips-heads.csv":
            self.drip(b"X-Slow: 1\r\n" * 100)
            return
        self.send_header("Content-Length", str(10**9 if self.path == "/drips.csv" else len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.path == "/drips.csv":
            self.drip(CONTENT)
            return
        self.wfile.write(body[: len(body) // 2] if self.path == "/cut.csv" else body)

    def drip(self, content: bytes) -> None:
        """Send a byte now and then, so that no single read takes long."""
        for at in range(len(content)):
            if self.over.wait(0.05):
                return
            self.wfile.write(content[at : at + 1])
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.asked.clear()
    Handler.over.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    Handler.over.set()
    server.shutdown()
    server.server_close()


def release(address: str, name: str, **more: str) -> Release:
    return Release(kind="activity", periods=("2019-20",), address=f"{address}/{name}", **more)


@pytest.mark.parametrize("sha256", [None, SHA256, SHA256.upper()])
def test_a_file_is_fetched_whole_and_once(address: str, tmp_path: Path, sha256: str | None) -> None:
    listed = release(address, "sound.csv").model_copy(update={"sha256": sha256})
    done = fetch(listed, tmp_path, "releases.toml")
    assert done.path.read_bytes() == CONTENT
    assert (done.sha256, done.cached) == (SHA256, False)
    assert fetch(listed, tmp_path, "releases.toml").cached
    assert len(Handler.asked) == 1


def test_addresses_that_end_alike_are_never_taken_for_each_other(address: str, tmp_path: Path) -> None:
    one, other = (fetch(release(address, f"{year}/main.csv"), tmp_path, "releases.toml") for year in (2019, 2020))
    assert (one.cached, other.cached) == (False, False)
    assert one.path.name == other.path.name == "main.csv", "a period's sources are named as they are published"
    assert b"A name" in one.path.read_bytes()
    assert b"Another" in other.path.read_bytes()


def test_the_server_is_told_who_asks_and_nothing_of_the_machine(address: str, tmp_path: Path) -> None:
    fetch(release(address, "sound.csv"), tmp_path, "releases.toml")
    ((_, who),) = Handler.asked
    assert who == USER_AGENT
    assert who.startswith(f"iapt-report/{__version__} ")
    assert not {platform.node(), platform.system(), platform.python_version()} & set(re.split(r"[ /()]", who))


@pytest.mark.parametrize("name", ["moved.csv", "packed-and-whole.csv"])
def test_a_file_is_had_where_it_is_moved_to_and_however_it_is_packed(address: str, tmp_path: Path, name: str) -> None:
    assert fetch(release(address, name), tmp_path, "releases.toml").path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone.csv", "the server answers 404"),
        ("cut.csv", "the download broke off"),
        ("feed.csv", "gives what cannot be read as activity"),
        ("words.csv", "gives what cannot be read as activity"),
        ("other.csv", "gives what cannot be read as activity"),
        ("packed.csv", "gives what cannot be read as activity"),
        ("broken.zip", "gives what cannot be read as activity"),
        ("packed-and-cut.csv", "what came is cut"),
        ("packed-oddly.csv", "was not asked for"),
        ("part.csv", "other than the whole file"),
        ("round.csv", "without an end"),
        ("away.csv", "leads elsewhere"),
        ("page.csv", "gives a web page, not a file of data"),
        ("pending.csv", "gives a message"),
        ("empty.csv", "gives an empty file"),
    ],
)
def test_what_is_no_file_of_data_is_refused_and_not_kept(address: str, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        fetch(release(address, name), tmp_path, "releases.toml")
    assert f"{address}/{name}" in str(caught.value)
    assert caught.value.mend
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["drips.csv", "drips-heads.csv", "silent.csv"])
def test_a_server_that_never_comes_to_an_end_is_left(address: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"not done in 0\.5 seconds"):
        fetch(release(address, name), tmp_path, "releases.toml", limits=Limits(seconds=0.5, size=10**6))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["bomb.csv", "sound.csv"])
def test_more_than_a_published_file_can_be_is_not_kept(address: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="larger than 10,000 bytes"):
        fetch(release(address, name), tmp_path, "releases.toml", limits=Limits(seconds=60, size=10_000))
    assert list(tmp_path.iterdir()) == []


def test_another_checksum_is_refused_and_not_kept(address: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not the file of the listed checksum"):
        fetch(release(address, "sound.csv", sha256="0" * 64), tmp_path, "releases.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_cached_file_that_is_not_the_listed_one_is_fetched_again(address: str, tmp_path: Path) -> None:
    listed = release(address, "sound.csv", sha256=SHA256)
    place_of(listed, tmp_path).parent.mkdir()
    place_of(listed, tmp_path).write_bytes(b"something else")
    done = fetch(listed, tmp_path, "releases.toml")
    assert not done.cached
    assert done.path.read_bytes() == CONTENT


@pytest.mark.parametrize("kept", [b"<html>Sign in</html>", b'{"status": 1}', b""])
def test_what_cannot_be_data_in_the_cache_is_fetched_again_unasked(address: str, tmp_path: Path, kept: bytes) -> None:
    listed = release(address, "sound.csv")
    place_of(listed, tmp_path).parent.mkdir()
    place_of(listed, tmp_path).write_bytes(kept)
    assert fetch(listed, tmp_path, "releases.toml").path.read_bytes() == CONTENT


@pytest.mark.parametrize("kept", [b"Come back later.", gzip.compress(CONTENT)[:200], b"PK\x03\x04" + bytes(100)])
def test_whatever_is_in_the_cache_is_fetched_again_where_asked(address: str, tmp_path: Path, kept: bytes) -> None:
    listed = release(address, "sound.csv")
    place_of(listed, tmp_path).parent.mkdir()
    place_of(listed, tmp_path).write_bytes(kept)
    assert fetch(listed, tmp_path, "releases.toml", again=True).path.read_bytes() == CONTENT


def test_where_the_server_gives_no_data_what_was_kept_stays(address: str, tmp_path: Path) -> None:
    listed = release(address, "page.csv")
    place_of(listed, tmp_path).parent.mkdir()
    place_of(listed, tmp_path).write_bytes(CONTENT)
    with pytest.raises(DataError, match="gives a web page"):
        fetch(listed, tmp_path, "releases.toml", again=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [place_of(listed, tmp_path)]
    assert place_of(listed, tmp_path).read_bytes() == CONTENT


def test_no_server_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"127\.0\.0\.1 cannot be reached") as caught:
        fetch(release("http://127.0.0.1:9", "sound.csv"), tmp_path, "releases.toml")
    assert "HTTPS_PROXY" in str(caught.value.mend)
    assert "Connection" not in str(caught.value), "no exception of a library's is shown"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.org/a/b.csv?x=1", "b.csv"),
        ("https://example.org/..", "activity-2019-20"),
        ("https://example.org/.hidden", "hidden"),
        ("https://example.org/a%2Fb;c.csv", "a_2Fb_c.csv"),
    ],
)
def test_the_name_in_the_cache_stays_in_the_cache(address: str, name: str) -> None:
    assert Release(kind="activity", periods=("2019-20",), address=address).name == name


def test_the_releases_that_ship_can_be_read_and_chosen() -> None:
    path = ROOT / "data" / RELEASES_FILE
    listed = read_releases(path)
    chosen = releases_for(listed, Period.parse("2019-20"), path)
    assert [release.kind for release in chosen] == ["activity"]
    assert all(release.address is None or release.address.startswith("https://") for release in listed)


def test_the_list_that_ships_has_every_quarter_and_year_since_there_are_monthly_files() -> None:
    path = ROOT / "data" / RELEASES_FILE
    listed = read_releases(path)
    found = {period.id for period in listed_periods(listed)}
    years = [f"{year}-{(year + 1) % 100:02d}" for year in range(2017, 2026)]
    quarters = [f"{year}-Q{quarter}" for year in years for quarter in range(1, 5)]
    first, last = quarters.index("2020-21-Q4"), quarters.index("2025-26-Q4")
    assert found == {*years[:-1], *quarters[first : last + 1], "2019-20-Q1", "2019-20-Q2", "2019-20-Q3"}
    assert latest_quarter(listed, path).id == "2025-26-Q4"
    (series,) = releases_for(listed, Period.parse("2019-20-Q2"), path)
    assert series.name == "iapt-monthly-time-series-feb-2019-feb-2020.xlsx"
    assert len({release.address for release in listed if release.address}) == sum(bool(r.address) for r in listed)


@pytest.mark.shared
def test_the_list_that_ships_has_each_published_month_at_its_address(shared: Path) -> None:
    with (shared / "releases" / "monthly.csv").open(encoding="utf-8") as stream:
        expected = {row["period"]: row["address"] for row in csv.DictReader(stream)}
    listed = read_releases(ROOT / "data" / RELEASES_FILE)
    assert {r.periods[0]: r.address for r in listed if Period.parse(r.periods[0]).kind == "month"} == expected


def written(folder: Path, text: str) -> Path:
    path = folder / RELEASES_FILE
    path.write_text(text, "utf-8")
    return path


def test_a_quarter_is_made_from_its_months(tmp_path: Path) -> None:
    entries = [
        f'[[release]]\nkind = "activity"\nperiods = ["{month}"]\naddress = "https://example.org/{month}.csv"\n'
        for month in ("2023-04", "2023-05", "2023-06")
    ]
    path = written(tmp_path, "\n".join(entries))
    chosen = releases_for(read_releases(path), Period.parse("2023-24-Q1"), path)
    assert [release.name for release in chosen] == ["2023-04.csv", "2023-05.csv", "2023-06.csv"]
    path = written(tmp_path, "\n".join(entries[:2]))
    with pytest.raises(DataError, match=r"2023-06 of its months") as caught:
        releases_for(read_releases(path), Period.parse("2023-24-Q1"), path)
    assert 'periods = ["2023-06"]' in str(caught.value.mend)


SERIES = """
[[series]]
of = "month"
page = "https://example.org/series"
base = "https://example.org/files/"
[series.files]
2023-04 = "a/april.csv"
2023-05 = { file = "b/may.csv", sha256 = "%s" }
""" % ("0" * 64)


def test_a_line_of_a_series_is_a_release_and_a_single_entry_takes_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, SERIES)
    listed = read_list(path)
    assert [(r.periods, r.address, r.sha256, r.page) for r in listed.releases] == [
        (("2023-04",), "https://example.org/files/a/april.csv", None, "https://example.org/series"),
        (("2023-05",), "https://example.org/files/b/may.csv", "0" * 64, "https://example.org/series"),
    ]
    mine = '[[release]]\nkind = "activity"\nperiods = ["2023-04"]\naddress = "https://example.org/corrected.csv"\n'
    path = written(tmp_path, mine + SERIES)
    assert [r.name for r in read_releases(path)] == ["corrected.csv", "may.csv"]


def test_a_period_that_is_not_listed_says_how_to_add_it() -> None:
    path = ROOT / "data" / RELEASES_FILE
    with pytest.raises(DataError, match="no activity of 2012-13 is listed") as caught:
        releases_for(read_releases(path), Period.parse("2012-13"), path)
    assert 'periods = ["2012-13"]' in str(caught.value.mend)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[release]\n", "this is not TOML"),
        ('[[release]]\nkind = "other"\nperiods = ["2019-20"]\n', "entry 1: kind"),
        ('[[release]]\nkind = "activity"\nperiods = ["1920"]\n', "'1920' is not a period"),
        ('[[release]]\nkind = "activity"\nperiods = []\n', "entry 1: periods"),
        ('[[release]]\nkind = "activity"\nperiods = ["2019-20"]\naddress = "file:///etc/passwd"\n', "entry 1: address"),
        ('[[release]]\nkind = "activity"\nperiods = ["2019-20"]\naddress = "https://[x/a.csv"\n', "entry 1: address"),
        ('[[release]]\nkind = "activity"\nperiods = ["2019-20"]\naddress = "https://x:y/a.csv"\n', "entry 1: address"),
        (SERIES.replace("https://example.org/series", "https://]/series"), "entry 1: page"),
        ('[[release]]\nkind = "activity"\nperiods = ["2019-20"]\nfile = "../x.csv"\n', "entry 1: file"),
        ('[[release]]\nkind = "activity"\nperiods = ["2019-20"]\nsha256 = "1"\n', "entry 1: sha256"),
        ("release = 1\n", "entry 1"),
        ("[relases]\n", "no section 'relases'"),
        (SERIES.replace('"month"', '"week"'), "[[series]], entry 1: of"),
        (SERIES.replace("2023-04 =", "2023-24 ="), "'2023-24' is not a month"),
        (SERIES.replace("2023-04 =", "april ="), "'april' is not a period"),
        (SERIES.replace("a/april.csv", "/etc/passwd"), "entry 1: files.2023-04"),
        (SERIES.replace("[series.files]", "[series.newer]\nhosts = []\nfile = ['a']\n[series.files]"), "newer.hosts"),
    ],
)
def test_an_entry_that_cannot_be_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        read_releases(written(tmp_path, text))
    assert words in str(caught.value)
