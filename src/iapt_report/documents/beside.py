"""The names of the files that stand beside a period's documents, for those who only ask which there are."""

from __future__ import annotations

from pathlib import Path

from iapt_report.figures.images import IMAGE_SUFFIXES

RESULTS_FILE = "results.json"
TABLES_FILE = "tables.xlsx"
AREAS_FILE = "areas.csv"
# As the W3C's Metadata Vocabulary for Tabular Data (2015) finds what belongs to areas.csv.
METADATA_FILE = f"{AREAS_FILE}-metadata.json"
# Tables for other programs.
EXPORTS = (TABLES_FILE, AREAS_FILE, METADATA_FILE)
HANDED_OUT = (RESULTS_FILE, *EXPORTS)

SCATTER_FILE = "figure-ds1.svg"
FUNNELS_FILE = "figure-funnels.svg"
FAIR_FILE = "figure-fair.svg"
BRIEF_FILE = "figure-brief.svg"
MAP_FILE = "figure-map.svg"
# In the order in which they are drawn and listed.
FIGURE_FILES = (SCATTER_FILE, FUNNELS_FILE, FAIR_FILE, BRIEF_FILE, MAP_FILE)


def map_of(stem: str) -> str:
    """Name the map of a page of two periods, whose name without suffix is given."""
    return f"figure-{stem}.svg"


def images_of(figure: str) -> list[str]:
    """Name the files of a figure's images for submission, which stand beside it where they were asked for."""
    return [Path(figure).with_suffix(suffix).name for suffix in IMAGE_SUFFIXES]
