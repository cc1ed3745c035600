"""What the results were made from: files, settings, software; and what that says of licence and ethics."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from iapt_report.areas.letters import spelt
from iapt_report.words import cited
from iapt_report.words.findings import is_published
from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import joined

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results
    from iapt_report.words.findings import Findings

# Letters that fit into any window.
_LONG_WORD = 24
_DIGITS = 12
_PROGRAM = "iapt-report"


def settings_listed(results: Results) -> list[tuple[str, str]]:
    """Give each setting's name and its value as `iapt-report.toml` would have it."""
    return [(name, _setting(value)) for name, value in results.settings.model_dump().items()]


def _setting(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, float):
        return f"{Decimal(repr(value)).normalize():f}"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value)


def code(text: str) -> str:
    """Write a word as code, which in a narrow window breaks where it is long; other text stays plain."""
    if not re.fullmatch(r"\w+", text):
        return escape(text)
    breaks = '{style="white-space: normal; overflow-wrap: anywhere"}' if len(text) > _LONG_WORD else ""
    return f"`{text}`{breaks}"


def invented(f: Findings) -> str:
    """Say in the paper's summary that the data are invented, where they are: the end of a sentence."""
    if f.reproduces:
        return ", here on synthetic data made to reproduce its results"
    return ", here on invented data" if f.results.period.synthetic else ""


def generated(f: Findings) -> str:
    """Say in the notice on invented data that they reproduce the study, where they do: a sentence after its own."""
    return ". The data were generated so that the results printed in the 2016 study come out" if f.reproduces else ""


def version(f: Findings) -> str:
    """Give the version of this program."""
    return escape(f.results.provenance.versions[_PROGRAM])


def _others(f: Findings) -> list[str]:
    """Name the other software with its version."""
    versions = f.results.provenance.versions.items()
    return [
        f"{'Python' if name == 'python' else escape(name)} {escape(number)}"
        for name, number in versions
        if name != _PROGRAM
    ]


def ethics(f: Findings) -> str:
    """Say why no ethical approval was needed, or of what the data are."""
    if f.results.period.synthetic:
        return "The data are invented and describe no person, so no ethical approval was needed."
    if is_published(f.results):
        return "The analysis used published, aggregated statistics; no ethical approval was needed."
    return "The analysis used aggregated statistics of areas, and no record of a patient."


def files(f: Findings) -> str:
    """Say on how many files the results rest: the beginning of a sentence."""
    one = len(f.results.provenance.sources) == 1
    return f"The results rest on the following {'file' if one else 'files'}"


def whose(f: Findings) -> str:
    """Say whose content the digests in the list are of."""
    return "its" if len(f.results.provenance.sources) == 1 else "each one's"


def files_listed(f: Findings) -> str:
    """List the files, each with its digest whole."""
    return "\n".join(f"- {escape(spelt(one.file))}: {code(one.sha256)}" for one in f.results.provenance.sources)


def files_and_settings(f: Findings) -> str:
    """Name files, settings and software at the end of a paper that has no supplement, under a heading."""
    parts = [standard(f), f"Settings, by their names in iapt-report.toml: {settings(f)}", f"Software: {software(f)}."]
    if f.results.provenance.sources:
        named = f"{files(f)}, here with the first digits of the SHA-256 of {whose(f)} content."
        parts = [named, _in_short(f), *parts]
    return "\n\n".join(["## Sources and settings", *parts, commit(f)])


def availability(f: Findings) -> str:
    """Say where data and figures are to be had, and what computed them."""
    licensed = (
        "The activity and the index are public sector information under the Open Government Licence v3.0."
        if f.open_licence
        else ""
    )
    return said(
        licensed,
        "Every figure of every area stands beside this document, as a table (areas.csv, tables.xlsx) and for programs "
        "(results.json).",
        f"The analysis is that of iapt-report {version(f)}, which is free software; the same data and settings give "
        "the same figures.",
    )


def _in_short(f: Findings) -> str:
    return "\n".join(
        f"- {escape(spelt(one.file))}: {code(one.sha256[:_DIGITS])}…" for one in f.results.provenance.sources
    )


def standard(f: Findings) -> str:
    """Name the standard with who set it."""
    return f"The {f.named_standard} was {f.standard} ({escape(f.results.standard.source)})."


def settings(f: Findings) -> str:
    """Name each setting with its value, in a sentence's end."""
    named = [f"{code(name)} {escape(value)}" for name, value in settings_listed(f.results)]
    return f"{'; '.join(named)}."


def settings_list(f: Findings) -> str:
    """List each setting with its value."""
    return "\n".join(f"- {code(name)}: {escape(value)}" for name, value in settings_listed(f.results))


def software(f: Findings) -> str:
    """Name the software with its versions, separated by commas."""
    return ", ".join([f"{_PROGRAM} {version(f)}", *_others(f)])


def other_software(f: Findings) -> str:
    """Name the software beside this program, as the end of a sentence."""
    return joined(_others(f) or [""])


def commit(f: Findings) -> str:
    """Name the commit, where there is one."""
    found = f.results.provenance.commit
    return "" if found is None else f"The Git commit that last changed data, templates or settings is {code(found)}."


def data_in_short(f: Findings) -> str:
    """Say in plain words where the data come from, for the brief."""
    named = [f"*{entry['title']}* ({entry['author']}, {entry['year']})" for entry in cited.entries(f)]
    if f.results.period.synthetic and named:
        return f"The figures of areas are invented, but for their deprivation: {joined(named)}."
    if f.results.period.synthetic:
        return "The areas and their figures are invented."
    if not named:
        return "The activity and deprivation of areas come from data supplied for this report."
    licence = " The licence is the Open Government Licence." if f.open_licence else ""
    return f"Sources: {joined(named)}.{licence}"
