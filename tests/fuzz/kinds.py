"""Every kind of input: a small one that is right, damaged by a hand, and what reads it."""

from __future__ import annotations

import io
import tempfile
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import published
from conftest import ROOT, some_rows
from fuzz.damage import CELLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fuzz.damage import Hand
    from iapt_report.analysis.results import Results

YEAR, QUARTER, MONTH = "2019-20", "2023-24-Q1", "2023-04"


@cache
def bases() -> dict[str, bytes]:
    """Make one right file of each kind, once."""
    import duckdb

    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*published.annual_rows_with_deciles(), *published.annual_rows_with_shares()[17:]]
        for kind, path in {
            "annual": published.annual(folder, rows=[row for i, row in enumerate(rows) if row not in rows[:i]]),
            "monthly": published.monthly(folder / "m.csv", "2023-04-01", "2023-04-30"),
            "imd": published.imd(folder),
            "lookup": published.lookup(folder),
            "summary": published.summary(folder),
            "successors": published.write(folder / "s.csv", ["old_code", "new_code"], [["X98", "X00"], ["X99", "X98"]]),
        }.items():
            found[kind] = path.read_bytes()
        table: list[list[object]] = [list(published.SERIES), *published.series_rows(["2023-04-01"])]
        found["workbook"] = published.workbook(folder / "s.xlsx", {"Notes": [["a"]], "T": table}).read_bytes()
        with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("readme.txt", "nothing")
            archive.writestr("sub/main.csv", found["annual"])
        found["archive"] = (folder / "a.zip").read_bytes()
        source = duckdb.read_csv(str(folder / "m.csv"), all_varchar=True)
        source.write_parquet(str(folder / "m.parquet"))
        found["parquet"] = (folder / "m.parquet").read_bytes()
        found |= _period(folder)
        found |= _episodes(folder)
    found["results"] = _results().to_json().encode()
    found["claims"] = (ROOT / "src/iapt_report/documents/claims_2016.toml").read_bytes()
    return found


def _period(folder: Path) -> dict[str, bytes]:
    """Import a year, whose folder has every file that an import of published files makes."""
    from iapt_report.areas.period import Period

    data = folder / "data"
    published.import_period(
        [folder / "annual.csv"], Period.parse(YEAR), folder / "imd.csv", folder / "lookup.csv", data
    )
    return {path.name: path.read_bytes() for path in (data / YEAR).iterdir()}


def _episodes(folder: Path) -> dict[str, bytes]:
    """Make a few patients, and the cells of as many."""
    import duckdb

    from iapt_report.areas.patient_cells import CELL_COUNTS, DIMENSIONS
    from iapt_report.areas.period import Period
    from iapt_report.episodes.synthesising import synthesise

    synthesise(folder / "made", 3000, 7, Period.parse("2025-26"), areas=12)
    with duckdb.connect() as engine:
        source = engine.sql(f"FROM '{folder}/made/*.parquet'")
        source.write_csv(str(folder / "e.csv"))
        texts = ", ".join(f"'Not known' AS {name}" for name in DIMENSIONS[1:])
        counts = ", ".join(f"{9 - i} AS {name}" for i, name in enumerate(CELL_COUNTS))
        areas = "SELECT format('X{:02d}', a) AS area_code, d AS decile"
        engine.sql(f"{areas}, {texts}, {counts} FROM range(15) t(a), range(1, 11) u(d)").write_parquet(
            str(folder / "c.parquet")
        )
    return {"episodes": (folder / "e.csv").read_bytes(), "cells": (folder / "c.parquet").read_bytes()}


@cache
def _results() -> Results:
    from conftest import areas_from
    from iapt_report.analysis.study import analyse

    return analyse(areas_from(some_rows(n=20)))


_MAPPING = b"""level = "ccg"
missing = ["x"]
suppressed = ["*"]
rounded_to = 5
[columns]
area_code = "OrgCode"
area_name = "OrgName"
referrals = "CountReferralsReceived"
finished_treatment = "CountFinishedCourseTreatment"
at_caseness = "CountAtCaseness"
recovered = "CountRecovery"
[only]
OrgType = ["CCG"]
VariableType = ["Total"]
"""
_LONG_MAPPING = b"""level = "subicb"
measure = "MEASURE_NAME"
value = "MEASURE_VALUE_SUPPRESSED"
[columns]
area_code = "ORG_CODE1"
area_name = "ORG_NAME1"
month = "REPORTING_PERIOD_START"
[measures]
referrals = "Count_ReferralsReceived"
finished_treatment = "Count_FinishedCourseTreatment"
not_at_caseness = "Count_NotAtCaseness"
recovered = "Count_Recovery"
[only]
GROUP_TYPE = ["SubICB"]
"""
_EPISODES_MAPPING = b"""level = "subicb"
words = "a local extract"
[columns]
ethnic_group = "EthnicCategory"
employment = ""
[tables]
referral = "referrals"
[flags]
yes = ["True", "Y"]
no = ["False", "N"]
[gender]
Female = ["2"]
Male = ["1"]
"""
_RELEASES = b"""[[release]]
kind = "activity"
periods = ["2019-20"]
address = "https://example.org/2019/main.csv"
page = "https://example.org/2019"
file = "main.csv"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
[[release]]
kind = "deprivation"
periods = ["2019-20", "2019-20-Q2"]
page = "https://example.org/imd"
[[series]]
of = "month"
page = "https://example.org/monthly"
base = "https://example.org/"
[series.newer]
hosts = ["example.org"]
release = ["performance"]
file = ["activity_final"]
without = ["metadata"]
formats = ["csv", "zip", "xlsx"]
[series.files]
2023-04 = "a/april.csv"
2023-05 = "a/may.csv"
2023-06 = { file = "a/june.csv", sha256 = "1111111111111111111111111111111111111111111111111111111111111111" }
"""
_CONFIGURATION = b"""[paper]
title = "Deprivation and {outcome}: {months}"
running_head = "Deprivation"
keywords = ["one", "two"]
date = 2026-03-31
ethics = "None."
csl = "journal.csl"
[[paper.authors]]
name = "Ann Author"
affiliations = ["One", "Two"]
orcid = "0000-0000-0000-0001"
email = "ann@example.org"
corresponding = true
[data]
edition = 2019
[settings]
outcome = "recovery"
benchmark = 0.5
weight = "equal"
model = "replication"
interval = "wilson"
confidence = 0.9
outlier_multiple = 3.0
dummy_alpha = 0.05
covariates = []
[figures]
width = 7.0
font = "Arial"
[periods."2024-25"]
outcome = "reliable_recovery"
edition = 2019
[periods."2024-25".paper]
title = "A year"
[notify]
command = ["true"]
[notify.mail]
to = ["you@example.org"]
sender = "reports@example.org"
server = "smtp.example.org:587"
"""
_RECIPE = b"""[[index]]
edition = 2019
census = 2011
file = "imd.csv"
lsoa = "LSOA code (2011)"
score = "Index of Multiple Deprivation (IMD) Score"
[[boundaries]]
level = "ccg"
year = 2019
census = 2011
file = "lookup.csv"
lsoa = "LSOA11CD"
nhs_code = "CCG19CDH"
ons_code = "CCG19CD"
name = "CCG19NM"
"""
_PAGE = b"""<!doctype html><html><body><a href="/x/performance-april-2024">April</a>
<a href='https://example.org/a/activity_final_april_2024.csv'>file</a><a name=x>no</a>
<base href="//example.org/"></body></html>"""
_PART = b"""A paragraph with *words*, a [link](https://example.org), $x^2$ and a table.

### A heading

- one
- two

| a | b |
|---|---|
| 1 | 2 |
"""
_TEMPLATE = b"""---
title: << page.title | yaml >>
---
<# a comment #>
<% for area in r.areas[:3] %>
- << area.area_name >>: << percent(area.recovery_rate) if false else area.area_code >>
<% endfor %>
"""


# Published files.
def _imported(folder: Path, files: list[Path], period: str, **others: Path) -> Callable[[], object]:
    """Import files with right ones beside them."""
    from iapt_report.areas.period import Period

    for name in ("imd", "lookup"):
        if name not in others:
            others[name] = folder / f"_{name}.csv"
            others[name].write_bytes(bases()[name])
    imd, lookup = others.pop("imd"), others.pop("lookup")
    return lambda: published.import_period(files, Period.parse(period), imd, lookup, folder / "data", **others)


def _checked(path: Path) -> Callable[[], object]:
    from iapt_report.sources.importing import check_file

    return lambda: check_file(path)


def _read(folder: Path, hand: Hand, path: Path, period: str) -> Callable[[], object]:
    """Check a file, or import it for a share of the cases, for a few by the whole command."""
    way = hand.draw.random()
    if way < 0.5:
        return _checked(path)
    if way < 0.9:
        return _imported(folder, [path], period)
    _workspace(folder)
    return _command("import", str(path), "--period", period, "--workspace", str(folder), "--accept-loss", "100")


def annual(folder: Path, hand: Hand) -> Callable[[], object]:
    """The annual main file."""
    return _read(folder, hand, hand.placed(folder, "annual.csv", hand.table(bases()["annual"])), YEAR)


def monthly(folder: Path, hand: Hand) -> Callable[[], object]:
    """The long monthly file."""
    return _read(folder, hand, hand.placed(folder, "month.csv", hand.table(bases()["monthly"])), MONTH)


def archive(folder: Path, hand: Hand) -> Callable[[], object]:
    """The annual main file in its ZIP archive."""
    return _read(folder, hand, hand.placed(folder, "a.zip", hand.archive(bases()["archive"])), YEAR)


def workbook(folder: Path, hand: Hand) -> Callable[[], object]:
    """The series in a workbook, with odd cells, or damaged as the archive that it is."""
    content = bases()["workbook"]
    if hand.draw.random() < 0.4:
        odd: list[object] = [*CELLS[:20], True, 1e300, -5, 2.5, "x" * 32_000, "", None, 0.1 + 0.2, 10**300, 1e-320]
        table: list[list[object]] = [list(published.SERIES), *published.series_rows(["2023-04-01"])]
        for _ in range(0 if hand.still else hand.draw.randint(1, 4)):
            row = hand.draw.choice(table)
            row[hand.draw.randrange(len(row))] = hand.draw.choice(odd)
        content = published.workbook(folder / "made.xlsx", {"T": table}).read_bytes()
    elif not hand.still:
        content = hand.archive(content)
    return _read(folder, hand, hand.placed(folder, "s.xlsx", content), MONTH)


_TYPES = (
    "[{c}, 'x']",
    "{{'a': {c}}}",
    "map {{'a': {c}}}",
    "{c}::BLOB",
    "1.5::DECIMAL(38, 10)",
    "now()",
    "now()::TIMESTAMP",
    "DATE '2023-04-01'",
    "TIME '12:00'",
    "INTERVAL 1 MONTH",
    "uuid()",
    "true",
    "NULL",
    "'nan'::DOUBLE",
    "'inf'::FLOAT",
    "170141183460469231731687303715884105727::HUGEINT",
    "1e308::DOUBLE",
    "[]::VARCHAR[]",
    "'x'::VARCHAR",
    "repeat('x', 3000)",
    "{c}::ENUM('a')",
    "'\\x00'::BLOB",
    "chr(0)",
    "1e15::DOUBLE",
    "12::UTINYINT",
    "DATE '-infinity'",
    "'294247-01-01'::TIMESTAMP",
)


def parquet(folder: Path, hand: Hand) -> Callable[[], object]:
    """The monthly file as Parquet, damaged, or with columns of other types."""
    import duckdb

    content = bases()["parquet"]
    if not hand.still and hand.draw.random() < 0.6:
        (folder / "plain.parquet").write_bytes(content)
        column, kind = hand.draw.choice(published.MONTHLY), hand.draw.choice(_TYPES).format(c="'a'")
        some = hand.draw.choice(["true", "random() < 0.1", "false"])
        query = f"SELECT * REPLACE (CASE WHEN {some} THEN {kind} END AS {column}) FROM '{folder}/plain.parquet'"
        query += hand.draw.choice(["", "", " LIMIT 0"])
        codec = hand.draw.choice(["snappy", "zstd", "gzip", "lz4_raw", "uncompressed", "brotli"])
        try:
            duckdb.sql(f"COPY ({query}) TO '{folder}/typed.parquet' (FORMAT parquet, COMPRESSION {codec})")
            content = (folder / "typed.parquet").read_bytes()
        except duckdb.Error:
            content = hand.any(content)
    else:
        content = hand.any(content)
    return _read(folder, hand, hand.placed(folder, "m.parquet", content), MONTH)


def deprivation(folder: Path, hand: Hand) -> Callable[[], object]:
    """Deprivation by small area, by organisation, and the lookup between them."""
    which = hand.draw.choice(["imd", "lookup", "summary"])
    path = hand.placed(folder, f"{which}.csv", hand.table(bases()[which]))
    if hand.draw.random() < 0.6:
        return _checked(path)
    (folder / "_annual.csv").write_bytes(bases()["annual"])
    own = {"imd" if which == "summary" else which: path}
    return _imported(folder, [folder / "_annual.csv"], YEAR, **own)


def successors(folder: Path, hand: Hand) -> Callable[[], object]:
    """Which code followed which."""
    path = hand.placed(folder, "s.csv", hand.table(bases()["successors"]))
    if hand.draw.random() < 0.6:
        return _checked(path)
    (folder / "_annual.csv").write_bytes(bases()["annual"])
    return _imported(folder, [folder / "_annual.csv"], YEAR, successors=path)


def mapping(folder: Path, hand: Hand) -> Callable[[], object]:
    """A mapping of columns, and a table to read by it."""
    from iapt_report.sources.mapping import read_mapping

    long = hand.draw.random() < 0.4
    table = folder / "t.csv"
    table.write_bytes(bases()["monthly" if long else "annual"])
    path = hand.placed(folder, "mapping.toml", hand.toml(_LONG_MAPPING if long else _MAPPING))
    if hand.draw.random() < 0.4:
        return lambda: read_mapping(path)
    return _imported(folder, [table], MONTH if long else YEAR, mapping=path)


# A period's folder.
def _period_folder(folder: Path, hand: Hand, *damaged: str) -> Path:
    """Write a period's folder, of which some files are damaged."""
    own = folder / "data" / YEAR
    own.mkdir(parents=True)
    for name in ("areas.csv", "deciles.csv", "shares.csv", "period.toml"):
        content = bases()[name]
        if name in damaged:
            content = hand.toml(content) if name.endswith(".toml") else hand.table(content)
            hand.placed(own, name, content, named=False)
        else:
            (own / name).write_bytes(content)
    return folder / "data"


def _areas(folder: Path, hand: Hand, name: str, analysed: float = 0.15) -> Callable[[], object]:
    """Read a period, and analyse some."""
    from iapt_report.analysis.study import analyse
    from iapt_report.areas.folder import read_areas, read_kind
    from iapt_report.areas.period import Period

    data, when = _period_folder(folder, hand, name), Period.parse(YEAR)
    if hand.draw.random() < analysed:
        _workspace(folder)
        if hand.draw.random() < 0.3:
            return _command("results", YEAR, "--workspace", str(folder), *hand.draw.choice([[], ["--json"]]))
        return lambda: analyse(read_areas(data, when)).to_json()
    return lambda: (read_kind(data, when), read_areas(data, when))


def areas(folder: Path, hand: Hand) -> Callable[[], object]:
    """A period's areas.csv."""
    if hand.draw.random() < 0.2:
        return _checked(hand.placed(folder, "areas.csv", hand.table(bases()["areas.csv"])))
    return _areas(folder, hand, "areas.csv")


def shares(folder: Path, hand: Hand) -> Callable[[], object]:
    """A period's shares.csv or deciles.csv."""
    return _areas(folder, hand, hand.draw.choice(["shares.csv", "deciles.csv"]))


def period(folder: Path, hand: Hand) -> Callable[[], object]:
    """A period's period.toml."""
    return _areas(folder, hand, "period.toml")


def cells(folder: Path, hand: Hand) -> Callable[[], object]:
    """A period's patients' cells, damaged or of other types and values."""
    import duckdb

    from iapt_report.analysis.study import analyse
    from iapt_report.areas.folder import read_areas
    from iapt_report.areas.patient_cells import CELL_COLUMNS, CELL_COUNTS, PatientCells
    from iapt_report.areas.period import Period

    content = bases()["cells"]
    if not hand.still and hand.draw.random() < 0.7:
        (folder / "plain.parquet").write_bytes(content)
        column = hand.draw.choice(CELL_COLUMNS)
        of_numbers = ["-1", "0", "11", "999999999999", "2.5", "1e308", "'nan'::DOUBLE", "NULL", "'5'", "random() * 100"]
        kind = hand.draw.choice([*(of_numbers if column in ("decile", *CELL_COUNTS) else _TYPES), *_TYPES]).format(
            c="'a'"
        )
        some = hand.draw.choice(["true", "random() < 0.1"])
        case = f"CASE WHEN {some} THEN {kind} ELSE {column} END AS {column}"
        query = f"SELECT * REPLACE ({case}) FROM '{folder}/plain.parquet'"
        if hand.draw.random() < 0.3:
            query = hand.draw.choice(
                [f"SELECT * EXCLUDE ({column}) FROM '{folder}/plain.parquet'", f"FROM '{folder}/plain.parquet' LIMIT 0"]
            )
        try:
            duckdb.sql(f"COPY ({query}) TO '{folder}/typed.parquet' (FORMAT parquet)")
            content = (folder / "typed.parquet").read_bytes()
        except duckdb.Error:
            content = hand.any(content)
    else:
        content = hand.any(content)
    data = _period_folder(folder, hand)
    path = hand.placed(data / YEAR, "cells.parquet", content, named=False)
    if hand.draw.random() < 0.7:
        return lambda: PatientCells(path, "").read()
    return lambda: analyse(read_areas(data, Period.parse(YEAR))).to_json()


# A workspace.
def _workspace(folder: Path) -> Path:
    (folder / "iapt-report.toml").write_bytes(b"[paper]\n[settings]\n")
    return folder


def _command(*arguments: str) -> Callable[[], object]:
    """Run a command; an exception that its entry does not turn into a message is foreign."""
    from iapt_report.__main__ import main
    from iapt_report.system.errors import ReportError

    def run() -> int:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(list(arguments))
        said = err.getvalue()
        assert "Traceback" not in said, said
        if code:
            raise ReportError(said)
        return code

    return run


def configuration(folder: Path, hand: Hand) -> Callable[[], object]:
    """The workspace's iapt-report.toml."""
    from iapt_report.areas.period import Period
    from iapt_report.workspace.place import find_workspace

    (folder / "journal.csl").write_text('<style xmlns="http://purl.org/net/xbiblio/csl"/>', "utf-8")
    hand.placed(folder, "iapt-report.toml", hand.toml(_CONFIGURATION), named=False)
    if hand.draw.random() < 0.1:
        own = folder / "data" / YEAR
        own.mkdir(parents=True)
        (own / "areas.csv").write_bytes(bases()["areas.csv"])
        return _command("results", YEAR, "--workspace", str(folder))
    return lambda: find_workspace(folder).of(Period.parse("2024-25")).choices


def releases(folder: Path, hand: Hand) -> Callable[[], object]:
    """The list of releases."""
    from iapt_report.areas.period import Period
    from iapt_report.update.obtaining import Places, is_awaited, known_digest
    from iapt_report.update.origin import standing
    from iapt_report.update.releases import latest_quarter, listed_periods, read_list, releases_for, shared_names

    path = hand.placed(folder, "releases.toml", hand.toml(_RELEASES))

    def run() -> None:
        listed = read_list(path)
        places = Places(folder / "incoming", folder / "cache", path, shared_names(listed.releases))
        listed_periods(listed.releases)
        chosen = releases_for(listed.releases, Period.parse(YEAR), path)
        known = {release: known_digest(release, places) for release in chosen}
        [is_awaited(release, places) for release in chosen]
        standing(folder / "data" / YEAR, chosen, known)
        latest_quarter(listed.releases, path)

    return run


def claims(folder: Path, hand: Hand) -> Callable[[], object]:
    """What a paper claims."""
    from iapt_report.documents.claims import as_json, as_text, check_claims, read_claims

    path = hand.placed(folder, "claims.toml", hand.toml(bases()["claims"]))

    def run() -> None:
        printed = read_claims(path)
        checked = check_claims(printed, _results())
        as_text(printed, checked, _results())
        as_json(printed, checked, _results())

    return run


def results(folder: Path, hand: Hand) -> Callable[[], object]:
    """results.json, read back by what draws, indexes and compares."""
    from iapt_report.analysis.results import Results

    path = hand.placed(folder, "results.json", hand.json(bases()["results"]), named=False)
    return lambda: Results.from_file(path)


def records(folder: Path, hand: Hand) -> Callable[[], object]:
    """What the program notes for itself: digests of what was made, what was imported, who is at work."""
    from iapt_report.documents.drafts import drafts
    from iapt_report.system import records
    from iapt_report.update.origin import is_synthetic, standing

    names = (".generated.json", ".inputs.json", "imported.json", "period.toml", "areas.csv")
    for name in names:
        hand.placed(
            folder,
            name,
            hand.json(b'{"paper.qmd": "00", "sources": [], "made": {"areas.csv": "00"}, "pid": 1}'),
            named=False,
        )
    hand.placed(folder, "paper.qmd", hand.any(_PART), named=False)

    def run() -> None:
        for name in names:
            records.read(folder / name)
        standing(folder, (), {})
        is_synthetic(folder)
        drafts(folder, {"paper": "text"})

    return run


def parts(folder: Path, hand: Hand) -> Callable[[], object]:
    """Parts of a paper that are written by hand."""
    from iapt_report.areas.period import Period
    from iapt_report.workspace.parts import read_parts
    from iapt_report.workspace.place import find_workspace

    _workspace(folder)
    (folder / "report" / "_parts").mkdir(parents=True)
    hand.placed(folder / "report" / "_parts", "discussion.qmd", hand.any(_PART), named=False)
    return lambda: read_parts(find_workspace(folder).of(Period.parse(YEAR)))


def templates(folder: Path, hand: Hand) -> Callable[[], object]:
    """A template, and a document that it makes."""
    from iapt_report.documents.templates import filler

    content = (ROOT / "templates" / "brief.qmd.jinja").read_bytes() if hand.draw.random() < 0.5 else _TEMPLATE
    path = hand.placed(folder, "brief.qmd.jinja", hand.any(content), named=False)

    class Page:
        title = "A title"

    return lambda: filler(path)(r=_results(), page=Page())


def cached(folder: Path, hand: Hand) -> Callable[[], object]:
    """What a publisher's server gave: a page with links, or a file that is read as what it is listed as."""
    from iapt_report.update.discovery import Page, _allowed
    from iapt_report.update.fetching import fetch, place_of
    from iapt_report.update.releases import Release

    if hand.draw.random() < 0.5:
        page = Page("https://example.org/monthly", hand.any(_PAGE), kept=True)
        return lambda: page.links(_allowed("https://example.org/monthly", ["example.org"]))
    release = Release(kind="activity", periods=(MONTH,), address="https://example.org/m.csv")
    place = place_of(release, folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    hand.placed(place.parent, place.name, hand.table(bases()["monthly"]), named=False)

    def run() -> None:
        fetched = fetch(release, folder, "releases.toml")
        _imported(folder, [fetched.path], MONTH)()

    return run


# Patients' episodes.
def episodes(folder: Path, hand: Hand) -> Callable[[], object]:
    """Patients' episodes, as CSV or Parquet."""
    import duckdb

    from iapt_report.areas.period import Period
    from iapt_report.episodes.connecting import opened
    from iapt_report.episodes.mapping import read_episodes_mapping
    from iapt_report.episodes.summing import summed

    name, content = "e.csv", hand.table(bases()["episodes"])
    if hand.draw.random() < 0.5:
        (folder / "_e.csv").write_bytes(bases()["episodes"])
        source = duckdb.read_csv(str(folder / "_e.csv"), all_varchar=True)
        column = hand.draw.choice(source.columns)
        kind = column if hand.still else hand.draw.choice(_TYPES).format(c="'a'")
        try:
            duckdb.sql(
                f"COPY (SELECT * REPLACE ({kind} AS {column}) FROM source) TO '{folder}/_e.parquet' (FORMAT parquet)"
            )
        except duckdb.Error:
            source.write_parquet(str(folder / "_e.parquet"))
        content = (folder / "_e.parquet").read_bytes()
        name = "e.parquet"
        if not hand.still and hand.draw.random() < 0.5:
            content = hand.any(content)
    path = hand.placed(folder, name, content)

    def run() -> None:
        mapped = read_episodes_mapping(None)
        with opened(str(path), mapped) as source:
            summed(source, mapped, Period.parse("2025-26"))

    return run


def episodes_mapping(folder: Path, hand: Hand) -> Callable[[], object]:
    """A mapping of patients' episodes."""
    from iapt_report.episodes.mapping import read_episodes_mapping

    path = hand.placed(folder, "own.toml", hand.toml(_EPISODES_MAPPING))
    return lambda: read_episodes_mapping(path)


def recipe(folder: Path, hand: Hand) -> Callable[[], object]:
    """A recipe of the tables of reference, and its files."""
    from iapt_report.reference.making import remake

    which = hand.draw.choice(["recipe.toml", "imd.csv", "lookup.csv"])
    for name, content in {"imd.csv": bases()["imd"], "lookup.csv": bases()["lookup"], "recipe.toml": _RECIPE}.items():
        damaged = (hand.toml if name == "recipe.toml" else hand.table)(content) if name == which else content
        if name == which:
            hand.placed(folder, name, damaged, named=False)
        else:
            (folder / name).write_bytes(content)
    return lambda: remake(folder / "recipe.toml", folder / "made")


KINDS: dict[str, Callable[[Path, Hand], Callable[[], object]]] = {
    kind.__name__: kind
    for kind in (
        annual, monthly, archive, workbook, parquet, deprivation, successors, mapping, areas, shares, period, cells,
        configuration, releases, claims, results, records, parts, templates, cached, episodes, episodes_mapping, recipe,
    )
}  # fmt: skip
