"""The sources of a period as a reader cites them: publisher, title, year, licence; and the sentences that cite them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from iapt_report.reference.editions import editions

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings

# NHS Digital, which published the statistics until then, became part of NHS England.
_NHS_ENGLAND_SINCE = date(2023, 2, 1)
# From then the reports are called after the programme's new name.
_RENAMED_SINCE = date(2023, 4, 1)
_UNTIL_PUBLISHED = timedelta(days=70)
_LICENCE = "Open Government Licence v3.0"
_BEFORE = "Psychological Therapies, {kind} on the use of IAPT services, England"
_NOW = {"year": "NHS Talking Therapies, for anxiety and depression, annual reports"}


def activity(f: Findings) -> str:
    """Say where the activity is from, after "from"."""
    if f.results.period.synthetic:
        return "an invented data set"
    return "the published statistics of the programme[@activity]" if f.open_licence else "data supplied for this report"


def deprivation(f: Findings) -> str:
    """Say whose deprivation the areas have: a sentence."""
    found = f.results.provenance.deprivation
    if found is None and f.results.period.synthetic:
        return "Deprivation is invented too."
    if found is None:
        return "Deprivation is that of the English index of multiple deprivation, as supplied for this report."
    index = f"{_title(found.edition)}[@deprivation]"
    return (
        f"An area's deprivation is its average score of the {index} within the boundaries of April {found.boundaries}."
    )


def entries(f: Findings) -> list[dict[str, str | int]]:
    """Give the sources that are cited, in the terms of the Citation Style Language."""
    made: list[dict[str, str | int]] = []
    if f.open_licence:
        period = f.results.period
        published = period.end + _UNTIL_PUBLISHED
        made.append(
            {
                "id": "activity",
                "type": "dataset",
                "author": "NHS England" if published >= _NHS_ENGLAND_SINCE else "NHS Digital",
                "title": f"{_series(f)}: {period.months}",
                "year": published.year,
                "note": _LICENCE,
            }
        )
    found = f.results.provenance.deprivation
    if found is not None:
        made.append(
            {
                "id": "deprivation",
                "type": "dataset",
                "author": found.publisher,
                "title": _title(found.edition),
                "year": found.published.year,
                "note": f"Averages within boundaries of the {found.boundaries_publisher}; {_LICENCE}",
            }
        )
    return made


def _title(edition: int) -> str:
    return next((one.title for one in editions() if one.year == edition), f"English Indices of Deprivation {edition}")


def _series(f: Findings) -> str:
    period = f.results.period
    if period.start < _RENAMED_SINCE:
        return _BEFORE.format(kind="annual report" if period.kind == "year" else "report")
    return _NOW.get(period.kind, "NHS Talking Therapies monthly statistics")
