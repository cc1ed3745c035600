"""The sample: what was observed, how it was published, which areas were analysed and which were left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.findings import exclusions_by_reason, is_published
from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import (
    DASH,
    NOT_COMPUTED,
    count,
    count_range,
    decimal,
    how_many,
    interval,
    joined,
    number_word,
    of_areas,
    percent,
    plural,
    sentence,
    small_points,
)
from iapt_report.words.place_names import with_code
from iapt_report.words.sentences import when

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Total
    from iapt_report.stats.correlation import Correlation
    from iapt_report.words.findings import Findings

# The most names of one reason that the paper lists, and the most areas that the supplement does.
_MOST_NAMED, _MOST_IN_SUPPLEMENT = 4, 60

_SHARE = {
    "recovery": "recovered of those who finished treatment and had been at caseness",
    "reliable_recovery": "who recovered and reliably improved, of those who finished treatment and had been at "
    "caseness",
    "reliable_improvement": "who reliably improved, of those who finished treatment",
}


def unit(f: Findings) -> str:
    """Call what is analysed by what it is: "clinical commissioning group"."""
    return escape(f.results.provenance.area_type)


def observed(f: Findings) -> str:
    """Say what is analysed, and when it was observed: the end of a sentence, and what an area is where it is none."""
    return said(f"{unit(f)}, observed {when(f.results.period)}.", provider(f))


def units(f: Findings) -> str:
    """Call it so in the plural."""
    return escape(plural(f.results.provenance.area_type))


def share(f: Findings) -> str:
    """Say what the outcome's rate is a share of."""
    return _SHARE[f.results.outcome.name]


def provider(f: Findings) -> str:
    """Say what an area is where it is none."""
    if f.results.provenance.area_type != "provider":
        return ""
    return "Where this report speaks of an area, it means a provider and the patients whom it treated."


def provider_in_short(f: Findings) -> str:
    """Say the same at the end of a sentence that calls an area by its kind."""
    return " and the patients whom it treated" if f.results.provenance.area_type == "provider" else ""


def notes(f: Findings) -> str:
    """Give what the period's folder notes of its data."""
    return said(*map(escape, f.results.provenance.notes))


def source(f: Findings) -> str:
    """Say what the period's folder notes of its data, where the rates come from, and how exactly they are known."""
    return said(notes(f), precision(f))


def precision(f: Findings) -> str:
    """Say where the rates come from and how exactly they are known, where the flow of organisations is."""
    return "" if f.sample.flow is None else said(_rates(f), _counts(f), _reach(f))


def _rates(f: Findings) -> str:
    from_counts, published = f.sample.rates.from_counts, "published " if is_published(f.results) else ""
    if from_counts == f.n:
        return f"{f.rates} are computed from the {published}counts."
    if not from_counts:
        return f"{f.rates} come from published percentages, as the source does not give the counts."
    return (
        f"{f.rates} are computed from the {published}counts, but for {count(f.n - from_counts)} of the areas, where "
        "they come from published percentages because a count is missing."
    )


def _counts(f: Findings) -> str:
    found = f.sample.precision
    if found is None or found.rounded_to <= 1:
        return ""
    under = f", and those under {number_word(found.withheld_under)} are withheld" if found.withheld_under > 1 else ""
    lacking = f" (in {how_many(f.sample.rates.withheld, 'area')} of those analysed)" if f.sample.rates.withheld else ""
    return f"Counts are rounded to the nearest {number_word(found.rounded_to)}{under}{lacking}."


def _reach(f: Findings) -> str:
    median, most = f.sample.rates.reach_median, f.sample.rates.reach_max
    if not most or median is None:
        return ""
    start, far = "Rounding leaves an area's rate uncertain by", small_points(most)
    if small_points(median) == far:
        return f"{start} up to {far} either way."
    return f"{start} {small_points(median)} either way in the median area, and by {far} at most."


def in_short(f: Findings) -> str:
    """Say how many organisations and patients were analysed, for the paper where a supplement has the rest."""
    found, lost = f.sample.flow, f.sample.loss
    known = found.published - found.merged if found is not None else f.n + len(f.sample.excluded)
    patients = f", with {percent(1 - lost.share)} of the patients" if lost is not None and lost.share else ""
    doubted = len({doubt.area_code for doubt in f.sample.doubts if doubt.area_code})
    doubts = f"; the figures of {how_many(doubted, 'area')} are in doubt" if doubted else ""
    return (
        f"Of {how_many(known, 'organisation')} of this kind, {count(f.n)} could be analysed{patients}{doubts}. The "
        "supplement has their flow, those left out with the reason, and how exactly the figures are published."
    )


def flow(f: Findings) -> str:
    """Say how many organisations are named in the data, and how many of them were matched and analysed."""
    found = f.sample.flow
    if found is None:
        return ""
    counted = "is" if found.merged == 1 else "are"
    merged = f", of which {number_word(found.merged)} {counted} counted with the areas that they merged into"
    others = found.published - found.merged
    lacking = others - found.matched
    unknown = f"; of {number_word(lacking)} of the others the deprivation is not known" if lacking else ""
    return (
        f"The activity data name {how_many(found.published, 'organisation')} of this kind"
        f"{merged if found.merged else ''}{unknown}. {sentence(how_many(f.n, 'area'))} {'was' if f.n == 1 else 'were'} "
        "analysed."
    )


def left_out(f: Findings) -> str:
    """Say which organisations were left out and why, where a supplement lists them as far as it has room."""
    few = len(f.sample.excluded) <= _MOST_IN_SUPPLEMENT
    return _left_out(f, "the supplement" if few else "results.json")


def left_out_alone(f: Findings) -> str:
    """Say the same where there is no supplement."""
    return _left_out(f, "results.json")


def _left_out(f: Findings, listed_in: str) -> str:
    groups, n = exclusions_by_reason(f.results), len(f.sample.excluded)
    if not groups:
        return "No organisation named in the sources was left out."
    if len(groups) == 1 and n > _MOST_NAMED:
        return f"{sentence(how_many(n, 'organisation'))} were left out ({escape(groups[0][0])}), listed in {listed_in}."
    start = f"{sentence(how_many(n, 'organisation'))} named in the sources {'was' if n == 1 else 'were'} left out"
    listed = [
        f"{_names(names)} ({escape(reason)})"
        if len(names) <= _MOST_NAMED
        else f"{how_many(len(names), 'organisation')} listed in {listed_in} ({escape(reason)})"
        for reason, names in groups
    ]
    return f"{start}: {'; '.join(listed)}."


def _names(names: list[str]) -> str:
    return joined([escape(name) for name in names])


def left_out_listed(f: Findings) -> str:
    """List for the supplement what was left out, or say where it is listed."""
    found = f.sample.excluded
    if not found:
        return ""
    if len(found) > _MOST_IN_SUPPLEMENT:
        return "Each of those left out is listed with its reason in results.json."
    listed = [escape(with_code(area)) for area in found]
    return f"These were left out: {'; '.join(listed)}."


def flow_rows(f: Findings) -> str:
    """Give the rows of the table of the flow of organisations."""
    found, rows = f.sample.flow, []
    if found is not None:
        rows.append(("Organisations named in the activity data", found.published))
        if found.merged:
            rows.append(("Counted with those that they merged into", found.merged))
        rows.append(("Matched to a deprivation score or rank", found.matched))
    rows += [(f"Left out: {escape(reason)}", len(names)) for reason, names in exclusions_by_reason(f.results)]
    rows.append(("Analysed", f.n))
    return "\n".join(f"| {words} | {count(n)} |" for words, n in rows)


def received(f: Findings) -> str:
    """Give the totals of referrals and finished treatments, and the range of the rates."""
    sample, rates = f.sample, f.sample.recovery_rate
    referrals, treated = sample.referrals, sample.finished_treatment
    return said(
        f"The {count(f.n)} areas received {count(referrals.total)} referrals "
        f"({count_range(referrals.min, referrals.max)} an area), and {count(treated.total)} patients finished "
        f"treatment ({count_range(treated.min, treated.max)}).",
        f"The {f.rate} was {percent(rates.mean)} in every area (@tbl-sample)."
        if percent(rates.min) == percent(rates.max)
        else f"{f.rates} ran from {percent(rates.min)} to {percent(rates.max)}, with a mean over areas of "
        f"{percent(rates.mean)} (@tbl-sample).",
    )


def rows(f: Findings) -> str:
    """Give the rows of the table of the sample, each with the correlation of its measure with deprivation rank."""
    c, rates = f.results.correlations, f.sample.recovery_rate
    untrimmed = interval(rates.min, rates.max, 1, as_percent=True)
    named = sentence(f.rate)
    shown = (
        ("Referrals", *_total(f.sample.referrals), c.referrals),
        ("Finished treatment", *_total(f.sample.finished_treatment), c.finished_treatment),
        (f"{named}, %", DASH, untrimmed, c.recovery_rate),
        *(
            [(f"{named} without extreme outliers, %", DASH, _trimmed_range(f), c.recovery_rate_trimmed)]
            if f.outlying.n
            else []
        ),
    )
    return "\n".join(
        f"| {words} | {total} | {span} | {correlation_cells(f, found)} |" for words, total, span, found in shown
    )


def _total(found: Total) -> tuple[str, str]:
    return count(found.total), count_range(found.min, found.max)


def correlation_cells(f: Findings, correlation: Correlation) -> str:
    """Give the cells ρ, interval, P and number of areas of a table's row."""
    limits = interval(correlation.ci_low, correlation.ci_high)
    return " | ".join((decimal(correlation.rho), limits, f.level.p_cell(correlation.p), count(correlation.n)))


def _trimmed_range(f: Findings) -> str:
    """Give the range of rates without extreme outliers, in per cent."""
    rates = [area.recovery_rate for area in f.results.areas if not area.outlier]
    return interval(min(rates), max(rates), 1, as_percent=True) if rates else NOT_COMPUTED


def cases_unknown(f: Findings) -> str:
    """Say for how many areas the number at caseness is not known, where there are any."""
    unknown = f.n - f.sample.rates.cases_known
    if unknown <= 0:
        return ""
    return (
        f"The number at caseness is not known for {of_areas(unknown, f.n)}; the larger number who finished treatment "
        "stands in for it, so that limits of chance are too narrow."
    )
