"""Downloads from a server that behaves, and from one that does not."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from iapt_report.areas.period import Period
from iapt_report.system.errors import DataError
from iapt_report.update.fetching import fetch
from iapt_report.update.releases import RELEASES_FILE, Release, read_releases, releases_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = b"OrgType,OrgCode\nCCG,00C\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers = {
            "/sound.csv": (200, CONTENT),
            "/page.csv": (200, b"\n <!DOCTYPE html><title>Moved</title>"),
            "/pending.csv": (202, b'{"status": "Pending"}'),
            "/empty.csv": (200, b""),
            "/cut.csv": (200, CONTENT),
        }
        status, body = answers.get(self.path, (404, b"gone"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path == "/cut.csv" else body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
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
    # Nothing is there to answer a second time.
    elsewhere = listed.model_copy(update={"address": "http://127.0.0.1:9/sound.csv"})
    assert fetch(elsewhere, tmp_path, "releases.toml").cached


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone.csv", "the server answers 404"),
        ("cut.csv", "the download broke off"),
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


def test_another_checksum_is_refused_and_not_kept(address: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not the file of the listed checksum"):
        fetch(release(address, "sound.csv", sha256="0" * 64), tmp_path, "releases.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_cached_file_that_is_not_the_listed_one_is_fetched_again(address: str, tmp_path: Path) -> None:
    (tmp_path / "sound.csv").write_bytes(b"something else")
    done = fetch(release(address, "sound.csv", sha256=SHA256), tmp_path, "releases.toml")
    assert not done.cached
    assert done.path.read_bytes() == CONTENT


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
    assert [release.kind for release in chosen] == ["activity", "deprivation", "lookup"]
    assert all(release.address is None or release.address.startswith("https://") for release in listed)


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
        ('[[release]]\nkind = "activity"\nperiods = ["2019-20"]\nfile = "../x.csv"\n', "entry 1: file"),
        ('[[release]]\nkind = "activity"\nperiods = ["2019-20"]\nsha256 = "1"\n', "entry 1: sha256"),
        ("release = 1\n", "entry 1"),
    ],
)
def test_an_entry_that_cannot_be_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        read_releases(written(tmp_path, text))
    assert words in str(caught.value)
