"""Releases found on the publisher's pages, where these are as they should be, and where they are not."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from iapt_report.areas.period import Period
from iapt_report.system.errors import DataError
from iapt_report.update import discovery
from iapt_report.update.discovery import Known, known_releases, parse_wanted
from iapt_report.update.downloading import USER_AGENT, Limits
from iapt_report.update.releases import RELEASES_FILE, Newer, read_list
from publisher import SERIES, Publisher, publishing, usual

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTED = {"2025-03": "x/march.csv"}


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher of three months, of which the list has the first; beside each file stand others."""
    with publishing() as here:
        here.series("2025-05", "2025-04", "2025-03")
        for month in ("2025-03", "2025-04", "2025-05"):
            others = [
                usual(month, f"{what}.csv") for what in ("employment_advisers_activity", "data_quality", "metadata")
            ]
            here.release(month, *others, usual(month))
        yield here


def known(publisher: Publisher, folder: Path, *wanted: str, again: bool = False, seconds: float = 30) -> Known:
    path = folder / RELEASES_FILE
    if not path.is_file():
        path.write_text(publisher.list(LISTED), "utf-8")
    periods = tuple(map(Period.parse, wanted))
    return known_releases(path, folder / "cache", periods, again=again, limits=Limits(seconds, 100_000))


def found(known: Known) -> dict[str, str]:
    return {release.periods[0]: (release.address or "").rpartition("/")[2] for release in known.found}


def test_what_is_newer_than_the_list_is_found_with_the_page_it_stands_on(publisher: Publisher, tmp_path: Path) -> None:
    done = known(publisher, tmp_path)
    assert found(done) == {month: usual(month) for month in ("2025-04", "2025-05")}
    assert done.warnings == ()
    page = f"{publisher.address}{publisher.page('2025-04')}"
    assert done.said[0] == f"found 2025-04 on {page}: {publisher.address}/files/2025-04/{usual('2025-04')}"
    assert [release.periods for release in done.releases] == [("2025-03",), ("2025-04",), ("2025-05",)]
    assert publisher.agents == {USER_AGENT}
    assert publisher.page("2025-03") not in publisher.asked, "what is listed is not looked for"


def test_pages_are_asked_for_once_in_a_while(publisher: Publisher, tmp_path: Path) -> None:
    before, asked = known(publisher, tmp_path), list(publisher.asked)
    assert known(publisher, tmp_path) == before
    assert publisher.asked == asked
    assert known(publisher, tmp_path, again=True) == before
    assert publisher.asked == [*asked, *asked]
    for page in (tmp_path / "cache" / "pages").iterdir():
        os.utime(page, (1, 1))
    publisher.series("2025-06", "2025-05")
    publisher.release("2025-06", usual("2025-06"))
    assert "2025-06" in found(known(publisher, tmp_path)), "what was kept is old"
    assert publisher.asked[-4:].count(SERIES) == 1


@pytest.mark.parametrize(
    "name",
    [
        "nhstalkingtherapies_month_may_2025_activity_performance.csv",
        "nhstalkingtherapies_month_may_2025_activity_final.csv",
        "iapt_month_May_25_activity.zip",
        "iapt-month-may-2025-final-data.xlsx",
        "iapt_month_may_2025_activity%20v2.csv",
    ],
)
def test_the_file_is_told_by_its_name_in_every_spelling_so_far(publisher: Publisher, tmp_path: Path, name: str) -> None:
    publisher.release("2025-05", usual("2025-05", "data_quality.csv"), name)
    assert found(known(publisher, tmp_path))["2025-05"] == name


@pytest.mark.parametrize(
    "name",
    [
        "nhstalkingtherapies_month_apr_2025_activity_performance.csv",
        "nhstalkingtherapies_month_may_2024_activity_performance.csv",
        "nhstalkingtherapies_month_may_2025_activity_metadata.csv",
        "nhstalkingtherapies_month_may_2025_activity_performance.pdf",
        "nhstalkingtherapies_may_summary.csv",
    ],
)
def test_a_file_of_another_month_kind_or_form_is_not_taken(publisher: Publisher, tmp_path: Path, name: str) -> None:
    publisher.release("2025-05", name)
    done = known(publisher, tmp_path)
    assert found(done) == {"2025-04": usual("2025-04")}
    (warning,) = done.warnings
    assert f"{publisher.address}{publisher.page('2025-05')}: no link on this page is to the file" in warning
    assert "2025-05 is not known" in warning


def test_the_better_name_is_taken_whichever_stands_first_and_a_doubt_is_said(
    publisher: Publisher, tmp_path: Path
) -> None:
    first, second = usual("2025-05", "activity.csv"), usual("2025-05")
    publisher.release("2025-05", first, second)
    done = known(publisher, tmp_path)
    assert (found(done)["2025-05"], done.warnings) == (second, ())
    publisher.release("2025-04", usual("2025-04"), usual("2025-04", "activity_performance_v2.csv"))
    done = known(publisher, tmp_path, again=True)
    assert found(done)["2025-04"] == usual("2025-04")
    assert "activity_performance_v2.csv" in done.warnings[0]


def test_a_series_that_has_moved_is_followed_on_the_same_server_alone(publisher: Publisher, tmp_path: Path) -> None:
    publisher.answers["/new"] = publisher.answers[SERIES]
    publisher.answers[SERIES] = "/new"
    assert set(found(known(publisher, tmp_path))) == {"2025-04", "2025-05"}
    publisher.answers[SERIES] = "http://localhost:9/new"
    done = known(publisher, tmp_path, again=True)
    assert found(done) == {}
    assert "the server leads elsewhere" in done.warnings[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "the server answers 404"),
        (b"", "no link on this page"),
        (b"<!doctype html><title>Be right back</title>", "no link on this page"),
        (b'<a href="/statistical/performance">Performance</a>', "no link on this page"),
        (b'<a href="/x/waiting-times-april-2025">Renamed</a>', "no link on this page"),
        (b'<a href="https://elsewhere.example/performance-april-2025">', "no link on this page"),
        (b'<a href="javascript:performance-april-2025"><a href="http://[/performance-april-2025">', "no link on this"),
        (b"<![odd[" + b"\xff\x00" * 50, "page"),
        (b"x" * 100_001, "larger than"),
    ],
)
def test_where_the_series_cannot_be_understood_the_list_is_all_there_is(
    publisher: Publisher, tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is None:
        del publisher.answers[SERIES]
    else:
        publisher.answers[SERIES] = content
    done = known(publisher, tmp_path)
    assert [release.periods for release in done.releases] == [("2025-03",)]
    (warning,) = done.warnings
    assert words in warning
    assert f"{publisher.address}{SERIES}" in warning
    assert "what releases.toml lists is all that is known" in warning
    assert not (tmp_path / "cache" / "pages").exists(), "what was of no use is not kept"


def test_a_slow_page_is_not_waited_for(publisher: Publisher, tmp_path: Path) -> None:
    publisher.slow = {SERIES}
    (warning,) = known(publisher, tmp_path, seconds=0.5).warnings
    assert "not done in 0.5 seconds" in warning
    publisher.slow = {publisher.page("2025-04")}
    done = known(publisher, tmp_path, seconds=3)
    assert set(found(done)) == {"2025-05"}, "the other release is found nonetheless"
    assert "2025-04 is not known" in done.warnings[0]


def test_without_a_server_or_a_rule_the_list_is_all_there_is(publisher: Publisher, tmp_path: Path) -> None:
    path = tmp_path / RELEASES_FILE
    path.write_text(publisher.list(LISTED).replace(publisher.address, "http://127.0.0.1:9"), "utf-8")
    (warning,) = known(publisher, tmp_path).warnings
    assert "127.0.0.1 cannot be reached" in warning
    text = publisher.list(LISTED)
    path.write_text(text[: text.index("[series.newer]")] + text[text.index("[series.files]") :], "utf-8")
    assert known(publisher, tmp_path).warnings == ()
    assert publisher.asked == []


def test_an_earlier_period_is_looked_for_where_it_is_wanted(publisher: Publisher, tmp_path: Path) -> None:
    publisher.series("2025-05", "2025-04", "2025-03", "2025-02")
    publisher.release("2025-02", usual("2025-02"))
    assert "2025-02" not in found(known(publisher, tmp_path))
    assert "2025-02" in found(known(publisher, tmp_path, "2024-25-Q4"))


def test_the_latest_quarter_is_the_newest_of_which_all_months_are_known(publisher: Publisher, tmp_path: Path) -> None:
    done = known(publisher, tmp_path)
    with pytest.raises(DataError, match="no quarter is listed"):
        parse_wanted("latest", done, tmp_path / RELEASES_FILE)
    publisher.series("2025-06", "2025-05", "2025-04")
    publisher.release("2025-06", usual("2025-06"))
    done = known(publisher, tmp_path, again=True)
    assert parse_wanted("latest", done, tmp_path / RELEASES_FILE) == Period.parse("2025-26-Q1")
    assert parse_wanted("2019-20", done, tmp_path / RELEASES_FILE) == Period.parse("2019-20")


def test_a_year_is_told_from_both_its_numbers() -> None:
    rule = Newer(hosts=("files.example",), file=("csvs", "csv"), without=("quality",), formats=("zip", "csv"))
    year = Period.parse("2024-25")
    fits = {
        "psych-ther-ann-rep-csv-2024-25-2.zip": True,
        "psych-ther-ann-rep-csvs-2023-24.zip": False,
        "psych-ther-ann-rep-csv-2024-26.zip": False,
        "psych-ther-ann-rep-csv-2024-25-data-quality.csv": False,
    }
    assert {name: discovery._rank(f"https://files.example/{name}", year, rule) is not None for name in fits} == fits
    pages = [f"https://x.example/annual-reports/{name}" for name in ("annual-report-2023-24", "2024-25", "about")]
    assert {p.id: link for p, link in discovery._linked(pages, "year", ()).items()} == {
        "2023-24": pages[0],
        "2024-25": pages[1],
    }


def test_the_rules_that_ship_ask_the_publisher_alone_and_fit_the_files_that_are_listed() -> None:
    listed = read_list(ROOT / "data" / RELEASES_FILE)
    assert {series.of for series in listed.series} == {"month", "year"}
    for series in listed.series:
        assert series.newer is not None
        assert set(series.newer.hosts) == {"digital.nhs.uk", "files.digital.nhs.uk"}
        for release in series.releases:
            rank = discovery._rank(release.address or "", Period.parse(release.periods[0]), series.newer)
            assert rank is not None, f"{release.address} would not have been found"
    assert "newer" in tomllib.loads((ROOT / "data" / RELEASES_FILE).read_text("utf-8"))["series"][0]
