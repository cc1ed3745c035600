"""Small published files, made up: the same columns as the real ones, other organisations and figures."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING

from iapt_report.sources import importing

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.period import Period
    from iapt_report.sources.importing import Imported

ANNUAL_OLD = [
    "OrgType", "OrgCode", "OrgName", "VariableType", "VariableA", "VariableB", "CountAtCaseness",
    "CountFinishedCourseTreatment", "CountRecovery", "CountReferralsReceived", "PercentageRecovery",
]  # fmt: skip
ANNUAL_NEW = [name.replace("Count", "Count_").replace("Percentage", "Percentage_") for name in ANNUAL_OLD]
IMD = ["LSOA code (2011)", "Index of Multiple Deprivation (IMD) Score", "Index of Multiple Deprivation (IMD) Rank"]
LOOKUP = ["LSOA11CD", "LSOA11NM", "CCG19CD", "CCG19CDH", "CCG19NM"]


def write(path: Path, header: list[str], rows: list[list[object]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def annual_rows(n: int = 15, level: str = "CCG") -> list[list[object]]:
    draw = random.Random(5)
    rows: list[list[object]] = [
        ["England", "All", "ENGLAND", "Total", "NULL", "NULL", 9000, 9900, 4500, 30000, "50.0"],
        [level, "X00", "NHS Area 0", "Indices of Deprivation Decile", "01 Least deprived", "NULL", 60, 70, 30, 200, 50],
    ]
    for i in range(n):
        cases = draw.randrange(300, 900, 5)
        recovered = 5 * round(cases * (0.4 + 0.01 * i) / 5)
        rows.append(
            [
                level,
                f"X{i:02d}",
                f"NHS Area {i}",
                "Total",
                "NULL",
                "NULL",
                cases,
                cases + 50,
                recovered,
                cases * 3,
                round(100 * recovered / cases),
            ]
        )
    rows.append([level, "UNKNOWN", "UNKNOWN", "Total", "NULL", "NULL", 200, 205, 90, 515, 45])
    rows.append(["Provider", "P01", "A provider", "Total", "NULL", "NULL", 400, 450, 200, 1500, 50])
    return rows


# As the annual files spell the deciles of patients' neighbourhoods, the most deprived first.
DECILES = [
    "10 Most deprived", "09 More deprived", "08 More deprived", "07 More deprived", "06 More deprived",
    "05 Less deprived", "04 Less deprived", "03 Less deprived", "02 Less deprived", "01 Least deprived",
]  # fmt: skip
UNKNOWN_DECILE = "Not stated/Not known/Invalid"


def decile_row(level: str, code: str, decile: str, cases: object, recovered: object) -> list[object]:
    finished = cases + 5 if isinstance(cases, int) else cases
    kind = "Indices of Deprivation Decile"
    return [level, code, f"NHS {code}", kind, decile, "NULL", cases, finished, recovered, 3000, "*"]


def annual_rows_with_deciles(n: int = 15, level: str = "CCG") -> list[list[object]]:
    """Annual rows, and deciles: of 100 patients of England's decile d, 40 + d recover; of 50 of an area's, 20 to 25."""
    rows = [row for row in annual_rows(n, level) if row[3] == "Total"]
    for d, decile in enumerate([*DECILES, UNKNOWN_DECILE], start=1):
        rows.append(decile_row("England", "All", decile, 10_000, 4000 + 100 * d))
        rows += [decile_row(level, f"X{i:02d}", decile, 50, 20 + 5 * (d > 5)) for i in range(n)]
    return rows


def share_row(
    level: str, code: str, variable: str, group: str, part: str, cases: object, recovered: object
) -> list[object]:
    """One group of patients; five more finished than were at caseness, or the same where that is no number."""
    finished = cases + 5 if isinstance(cases, int) else cases
    return [level, code, f"NHS {code}", variable, group, part, cases, finished, recovered, 3000, "*"]


def annual_rows_with_shares(n: int = 15, level: str = "CCG") -> list[list[object]]:
    """Annual rows with groups: of area i, 10 i of its known patients are of group A, whose part is A 1, the rest of B.

    Of England, 40% of A recover and 60% of B.
    """
    rows = [row for row in annual_rows(n, level) if row[3] == "Total"]
    totals = {str(row[1]): int(str(row[7])) for row in rows if row[0] in (level, "England")}
    kind = "Some Grouping"
    for code, finished in totals.items():
        if code == "UNKNOWN":
            continue
        whole = "England" if code == "All" else level
        known = finished - 55
        a = 3000 if code == "All" else 10 * int(code[1:]) + 20
        rows += [
            share_row(whole, code, kind, "Group A", "All", a - 5, 5 * round(0.4 * (a - 5) / 5)),
            share_row(whole, code, kind, "Group A", "A 1", 10, 5),
            share_row(whole, code, kind, "Group B", "All", known - a - 5, 5 * round(0.6 * (known - a - 5) / 5)),
            share_row(whole, code, kind, UNKNOWN_DECILE, "All", 50, 20),
        ]
    return rows


def annual(folder: Path, header: list[str] = ANNUAL_OLD, rows: list[list[object]] | None = None) -> Path:
    return write(folder / "annual.csv", header, annual_rows() if rows is None else rows)


def small_areas(n: int = 15) -> list[tuple[str, str, float]]:
    """Three small areas an area: (LSOA, area code, score); area X00 is the most deprived."""
    return [(f"E01{i:03d}{j:03d}", f"X{i:02d}", 40.0 - 2 * i + j) for i in range(n) for j in range(3)]


def imd(folder: Path, rows: list[list[object]] | None = None, header: list[str] = IMD) -> Path:
    standard: list[list[object]] = [[lsoa, score, 1000 - score * 10] for lsoa, _, score in small_areas()]
    return write(folder / "imd.csv", header, standard if rows is None else rows)


def lookup(folder: Path, rows: list[list[object]] | None = None, encoding: str = "utf-8-sig") -> Path:
    standard: list[list[object]] = [
        [lsoa, "name", f"E38{code}", code, f"NHS Area {code} (ONS)"] for lsoa, code, _ in small_areas()
    ]
    return write(folder / "lookup.csv", LOOKUP, standard if rows is None else rows, encoding)


SERIES = [
    "CCG Code", "CCG Name", "Provider Code", "Provider Name", "Group Type", "Month / Year", "Referrals Received",
    "First Treatment", "Finished a Course of Treatment", "Recovery rate",
]  # fmt: skip


def series_rows(months: list[str], n: int = 12) -> list[list[object]]:
    """A monthly series: area X00 treats 100, 200, 300 … patients, of whom 40%, 50%, 60% … recover."""
    rows: list[list[object]] = []
    for k, month in enumerate(months, start=1):
        rows.append(["all", "all CCGs", "all", "all Providers", "England", month, 9999, 8888, 7777, 51.5])
        rows.append(["", "Invalid commissioner code", "all", "all Providers", "CCG", month, 40, "*", "*", "*"])
        rows.append(["X00", "NHS Area 0", "P1", "A provider", "CCG/Provider", month, 10, 10, 10, 50])
        rows.extend(
            [
                f"X{i:02d}",
                f"NHS Area {i}",
                "all",
                "all Providers",
                "CCG",
                month,
                1000 * k,
                500,
                100 * k,
                30 + 10 * k + i,
            ]
            for i in range(n)
        )
    return rows


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """An XLSX file, with dates where a cell reads like one."""
    import datetime as dt

    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        date = book.add_format({"num_format": "mmm yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, str) and len(cell) == 10 and cell[4] == "-":
                        sheet.write_datetime(i, j, dt.datetime.fromisoformat(cell), date)
                    else:
                        sheet.write(i, j, cell)
    return path


SUMMARY = [
    "Integrated Care Board code (2024)", "Integrated Care Board name (2024)", "IMD - Average rank",
    "IMD - Rank of average rank", "IMD - Average score", "IMD - Rank of average score",
]  # fmt: skip


def summary(folder: Path, n: int = 15) -> Path:
    rows: list[list[object]] = [
        [f"E54{i:06d}", f"NHS Area {i} Integrated Care Board", 10_000 + i, i, 40.0 - i, i] for i in range(n)
    ]
    return write(folder / "summary.csv", SUMMARY, rows)


MONTHLY = [
    "REPORTING_PERIOD_START", "REPORTING_PERIOD_END", "GROUP_TYPE", "ORG_CODE1", "ORG_NAME1", "ORG_CODE2", "ORG_NAME2",
    "MEASURE_ID", "MEASURE_NAME", "MEASURE_VALUE_SUPPRESSED",
]  # fmt: skip


def monthly_rows(start: str, end: str, *, level: str = "SubICB", n: int = 12, scale: int = 1) -> list[list[object]]:
    """One month of the long activity file: area X00 finishes 200, 20 of them not at caseness, and 72 recover."""

    def rows_of(group: str, code: str, name: str, values: dict[str, object]) -> list[list[object]]:
        return [
            [start, end, group, code, name, "all", "all Providers", f"M{i:03d}", measure, value]
            for i, (measure, value) in enumerate(values.items())
        ]

    rows = rows_of("England", "all", "all SubICBs", {"Count_ReferralsReceived": 146659, "Count_Recovery": 20000})
    rows += rows_of(f"{level}/Provider", "X00", "NHS Area 0", {"Count_ReferralsReceived": 7})
    for i in range(n):
        finished = (200 + 10 * i) * scale
        values: dict[str, object] = {
            "Count_ReferralsReceived": finished * 3,
            "Count_AccessingServices": finished * 2,
            "Count_FinishedCourseTreatment": finished,
            "Count_NotAtCaseness": finished // 10,
            "Count_Recovery": round(finished * 0.9 * (0.40 + 0.01 * i)),
            "Percentage_Recovery": 40 + i,
        }
        rows += rows_of(level, f"X{i:02d}", f"NHS Area {i}, part", values)
    return rows


def monthly(path: Path, start: str, end: str, header: list[str] = MONTHLY, **pattern: object) -> Path:
    return write(path, header, monthly_rows(start, end, **pattern))  # type: ignore[arg-type]


def import_period(
    files: list[Path], period: Period, deprivation: Path, lookup: Path | None, data: Path, **others: Path | str | None
) -> Imported:
    """Import with the files in their usual order, whatever is lost; ``others`` are mapping, successors and level."""
    level = others.pop("level", None)
    sources = importing.Sources(files, deprivation, lookup, **others)  # type: ignore[arg-type]
    return importing.import_period(sources, period, data, level, accept_loss=1.0)  # type: ignore[arg-type]
