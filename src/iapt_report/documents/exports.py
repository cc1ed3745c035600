"""Results into tables for other programs: a workbook of every table, and the areas as CSV with its dictionary."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iapt_report.analysis.facts import StandingOut
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.documents import dictionary
from iapt_report.documents.beside import AREAS_FILE
from iapt_report.stats.random_effects import RandomEffects
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iapt_report.analysis.results import Results
    from iapt_report.documents.area_counts import AreaCounts

Cell = str | int | float | bool | None

# A workbook keeps the time it was made; a fixed one keeps the same results the same bytes.
_MADE = datetime(2016, 1, 1, tzinfo=UTC)
_LONGEST_TEXT = 32_767
_WIDEST = 60
_ABOUT = "About"
_AREAS = "Areas"
_DICTIONARY = "Dictionary"
_NAMED_COLUMNS = 2
_EXCLUDED = ("area_code", "area_name", "reason", "referrals", "finished_treatment")
_DOUBTS = ("what", "area_code", "area_name", "words")
# Of the sample, what has a table of its own.
_LISTED = {"excluded", "doubts"}
# Of the replication, what has a table of its own.
_IN_OTHER_TABLES = {"benchmarks"}

_PLAIN, _P_VALUE, _COUNT, _NUMBER = "General", "[<0.0001]0.0E+00;0.0000", "#,##0", "0.0000"
_FORMATS = {
    **dict.fromkeys(("p", "p_holm", "tau_p", "mcnemar_p"), _P_VALUE),
    **dict.fromkeys(
        ("imd_rank", "imd_edition", "boundaries", "cases", "weight", "level", "outlier_multiple", "seed"), _PLAIN
    ),
    **dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "tau2"), "0.000000"),
}  # What is known of areas beside their results, where nothing is.
_NO_COUNTS: AreaCounts = {}


@dataclass(frozen=True)
class Sheet:
    """A table: its name, the headers of its columns and its rows; None where nothing is known or computable."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def sheets(results: Results, counts: AreaCounts = _NO_COUNTS) -> tuple[Sheet, ...]:
    """Return every table of the paper and its supplement, with unrounded numbers.

    The columns of areas are those of areas.csv, which the table "Dictionary" describes. Other headers, and the names in
    columns called ``figure``, are those of results.json; rates are proportions 0–1. The first table, "About", says what
    the others are. Those of case-mix, covariates, source uncertainty and simulation are there only where their figures
    are.

    Parameters
    ----------
    results : Results
    counts : AreaCounts
        As `iapt_report.documents.area_counts.counts_of` gives them.

    Returns
    -------
    tuple of Sheet
    """
    tables = (
        _areas(results, counts),
        _dictionary(results),
        _sample(results),
        _correlations(results),
        *_models(results),
        *_diagnostics(results),
        _gradients(results),
        _benchmarks(results),
        _funnels(results),
        _figures("Agreement", {"classification": results.classification, "agreement": results.agreement}),
        _figures("Replication", {name: value for name, value in results.replication if name not in _IN_OTHER_TABLES}),
        *_case_mix(results),
        *_covariates(results),
        _inequality(results),
        *_source_uncertainty(results),
        *_simulation(results),
        _of_values("Excluded", results.sample.excluded, _EXCLUDED),
        *_doubts(results),
        _of_values("Sources", results.provenance.sources, ("file", "sha256")),
    )
    return (_about(results, tables), *tables)


def workbook(results: Results, counts: AreaCounts = _NO_COUNTS) -> bytes:
    """Return the tables as an Office Open XML workbook, a sheet a table; the same results give the same bytes.

    Numbers are numbers, to the 16 significant digits that such a workbook holds, and text is text: no cell is a formula
    or a link, whatever the data contain. What is longer than a cell can be ends in "…".
    """
    import xlsxwriter

    out = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, safe) as book:
        book.set_properties({"title": _title(results), "subject": results.period.label, "created": _MADE})
        formats = {
            name: book.add_format({"num_format": name}) for name in dict.fromkeys((*_FORMATS.values(), _COUNT, _NUMBER))
        }
        for sheet in sheets(results, counts):
            _write_sheet(book, sheet, results, formats)
    return out.getvalue()


def areas_csv(results: Results, counts: AreaCounts = _NO_COUNTS) -> bytes:
    """Return the areas as CSV in UTF-8, one row an area, with the columns of the sheet "Areas".

    Numbers are written so that reading them gives the same number again, true and false in lower case, and what is not
    known as an empty cell. Text is the data's own, unchanged: a spreadsheet program that opens the file may take text
    that begins with an equals sign for a formula, which it does not in the workbook.
    """
    out = io.StringIO()
    sheet = _areas(results, counts)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows([str(cell).lower() if isinstance(cell, bool) else cell for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8")


def areas_metadata(results: Results) -> bytes:
    """Return what the columns of the areas' CSV hold, as CSV on the Web has it."""
    return dictionary.metadata(results, title=_title(results, "areas"), file=AREAS_FILE)


def _title(results: Results, of: str = "tables") -> str:
    text = f"Deprivation and {results.outcome.words} in NHS talking therapies, {results.period.months}: {of}"
    return f"{text} (synthetic data)" if results.period.synthetic else text


def _about(results: Results, tables: Sequence[Sheet]) -> Sheet:
    period, standard = results.period, results.standard
    rows: list[tuple[Cell, Cell]] = [
        ("What this is", _title(results)),
        ("Study repeated", "Delgadillo, Asaria, Ali and Gilbody, Br J Psychiatry 2016; 209: 429–430"),
        ("Period", period.id),
        ("Period in words", period.label),
        ("First day", period.start.isoformat()),
        ("Last day", period.end.isoformat()),
        ("Synthetic", "yes: the figures of every area are invented" if period.synthetic else "no"),
        ("Areas", results.sample.areas),
        ("What an area is", results.provenance.area_type),
        ("Outcome", results.outcome.words),
        ("Rates", "Proportions from 0 to 1"),
        ("Gradients and indices", "Differences of rates are differences of proportions, 0.01 a percentage point"),
        ("Columns", f"Those of {_AREAS} are described in {_DICTIONARY}"),
        (
            "Names",
            "Other headers, and the names in a column called figure, are those of results.json, where recovery_rate is "
            f"the {results.outcome.words} rate",
        ),
        ("Empty cells", "Not known, or not computable"),
        ("National standard" if standard.national else "Chosen standard", standard.value),
        ("Source of the standard", standard.source),
        *((f"Setting {name}", _setting(value)) for name, value in results.settings),
        *(("Note", note) for note in results.provenance.notes),
        *([("Git commit", results.provenance.commit)] if results.provenance.commit else []),
        *((f"Version of {name}", version) for name, version in results.provenance.versions.items()),
        *(
            (f"Sheet {table.name}", f"{len(table.rows)} {'row' if len(table.rows) == 1 else 'rows'}")
            for table in tables
        ),
    ]
    return Sheet(_ABOUT, ("item", "value"), tuple(rows))


def _setting(value: Any) -> Cell:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "not set" if value is None else value


def _areas(results: Results, counts: AreaCounts) -> Sheet:
    """Give each area with what the results say of it, and what the data know beside that."""
    period, used = results.period, results.provenance.deprivation
    named = dictionary.field_of(OUTCOMES[results.outcome.name])
    shared: dict[str, Cell] = {
        "period": period.id,
        "synthetic": period.synthetic,
        "imd_edition": used.edition if used else None,
        "boundaries": used.boundaries if used else None,
    }
    names = tuple(column.name for column in dictionary.columns(results))
    rows = []
    for area in results.areas:
        known: dict[str, Any] = {**counts.get(area.area_code, {}), **dict(area), **shared}
        rows.append(tuple(known.get(named.get(name, name)) for name in names))
    return Sheet(_AREAS, names, tuple(rows))


def _dictionary(results: Results) -> Sheet:
    described = ("name", "title", "description", "datatype", "unit")
    rows = [tuple(getattr(column, part) or None for part in described) for column in dictionary.columns(results)]
    return Sheet(_DICTIONARY, ("column", *described[1:]), tuple(rows))


def _sample(results: Results) -> Sheet:
    parts = {name: getattr(results.sample, name) for name in type(results.sample).model_fields if name not in _LISTED}
    fences: dict[str, Any] = {
        f"outliers.{name}": getattr(results.outliers, name) for name in ("multiple", "lower_fence", "upper_fence")
    }
    counted = {**fences, "outliers": len(results.outliers.area_codes)}
    return _figures("Sample", {**parts, **counted, "adjusted": results.adjusted})


def _correlations(results: Results) -> Sheet:
    rows = list(results.correlations)
    columns = tuple(type(results.correlations.referrals).model_fields)
    return _labelled("Correlations", "measure", rows, columns)


def _models(results: Results) -> tuple[Sheet, ...]:
    """Give the coefficients of the models, the fit of each with its gradient, and the outliers."""
    regression, random, outliers = results.regression, results.random_effects, results.outliers
    named = (
        ("initial", regression.initial),
        ("with_outliers", regression.with_outliers),
        ("final", regression.final),
        ("random_effects", random),
    )
    models = [(name, model) for name, model in named if model is not None]
    term_columns = ("estimate", "se", "t", "p", "ci_low", "ci_high")
    terms = [(n, term, *_cells(facts, term_columns)) for n, m in models for term, facts in m.terms.items()]
    terms += [("indicators", code, *_cells(term, term_columns)) for code, term in regression.indicators.items()]
    shared = ("n", "r_squared", "f", "df_model", "df_resid", "p")
    own = ("formula", "adj_r_squared", "sigma")
    residuals = tuple(regression.final.residuals)
    of_random = ("method", "tau2", "i2", "q", "q_p")
    gradient = ("estimate", "ci_low", "ci_high", "p")
    gradients = {"final": regression.gradient, "random_effects": None if random is None else random.gradient}
    fits: list[tuple[Cell, ...]] = []
    for name, model in models:
        of_model = (
            (None,) * (len(own) + len(residuals)) + _cells(model, of_random)
            if isinstance(model, RandomEffects)
            else _cells(model, own) + tuple(model.residuals[at] for at in residuals) + (None,) * len(of_random)
        )
        found = gradients.get(name)
        fits.append(
            (name, *_cells(model, shared), *of_model, *((None,) * 4 if found is None else _cells(found, gradient)))
        )
    headers = (
        "model",
        *shared,
        *own,
        *(f"residuals.{at}" for at in residuals),
        *of_random,
        "gradient",
        *(f"gradient_{name}" for name in gradient[1:]),
    )
    return (
        Sheet("Models", ("model", "term", *term_columns), tuple(terms)),
        Sheet("Model fit", headers, tuple(fits)),
        _of_values("Standing out", outliers.standing_out, tuple(StandingOut.model_fields)),
    )


def _diagnostics(results: Results) -> tuple[Sheet, Sheet]:
    diagnostics = results.diagnostics
    parts = {name: value for name, value in diagnostics if name != "influential"}
    columns = ("area_code", "area_name", "leverage", "cooks_distance")
    return _figures("Diagnostics", parts), _of_values("Influential areas", diagnostics.influential, columns)


def _gradients(results: Results) -> Sheet:
    return _of_values("Gradients", results.gradients, tuple(type(results.gradients[0]).model_fields))


def _benchmarks(results: Results) -> Sheet:
    rows = [
        (
            b.interval,
            b.interval == results.settings.interval,
            b.below.n,
            b.below.share,
            b.of_chosen,
            b.low_min,
            b.low_max,
        )
        for b in results.benchmarks
    ]
    columns = ("interval", "chosen", "below.n", "below.share", "of_chosen", "low_min", "low_max")
    return Sheet("Benchmarks", columns, tuple(rows))


def _funnels(results: Results) -> Sheet:
    rows = [
        (funnel.target, funnel.phi, funnel.tau2, limits.level, limits.adjustment, limits.below, limits.above)
        for funnel in (results.funnels.national, results.funnels.expected)
        for limits in funnel.beyond
    ]
    return Sheet("Funnels", ("target", "phi", "tau2", "level", "adjustment", "below", "above"), tuple(rows))


def _case_mix(results: Results) -> tuple[Sheet, ...]:
    if results.case_mix is None:
        return ()
    mixed = results.case_mix.adjustment
    names = {area.area_code: area.area_name for area in results.areas}
    columns = tuple(name for name in type(mixed.areas[0]).model_fields if name != "area_code") if mixed.areas else ()
    rows = [(area.area_code, names.get(area.area_code), *_cells(area, columns)) for area in mixed.areas]
    summary = {name: value for name, value in mixed if name not in ("national", "areas", "lacking")}
    crossed = {"national": results.case_mix.national, "adjusted": results.case_mix.adjusted}
    return (
        _figures("Case-mix", {**summary, "lacking": len(mixed.lacking), **crossed}),
        _of_values("Case-mix deciles", mixed.national, ("decile", "cases", "reached", "rate")),
        Sheet("Case-mix areas", ("area_code", "area_name", *columns), tuple(rows)),
    )


def _covariates(results: Results) -> tuple[Sheet, ...]:
    """Give covariates, the models without and with them, what is expected of areas, and areas by patients' groups."""
    found = results.covariates
    if found is None:
        return ()
    models = [model for model in (found.weighted, found.random_effects) if model is not None]
    names = {area.area_code: area.area_name for area in results.areas}
    line = ("gradient", "ci_low", "ci_high", "p", "r_squared", "tau2")
    effect = ("name", "unit", "step", "estimate", "ci_low", "ci_high", "p")
    crossed = ("both", "first_only", "second_only", "neither")
    expected = ("rate", "low", "high", "below", "below_alone")
    ratio = ("cases", "observed", "expected", "ratio", "low", "high", "below", "above")
    gradients = [
        (model.model, which, model.n, *_cells(one, line), model.joint_p, *_cells(model.below, crossed))
        for model in models
        for which, one in (("before", model.before), ("after", model.after))
    ]
    effects = [(model.model, *_cells(one, effect)) for model in models for one in model.effects]
    areas = [
        (model.model, area.area_code, names.get(area.area_code), *_cells(area, expected))
        for model in models
        for area in model.areas
    ]
    groups = [
        (one.adjustment.variable, group.group, group.cases, group.reached, group.rate)
        for one in found.case_mix
        for group in one.adjustment.national
    ]
    ratios = [
        (one.adjustment.variable, area.area_code, names.get(area.area_code), *_cells(area, ratio))
        for one in found.case_mix
        for area in one.adjustment.areas
    ]
    below = tuple(f"below.{name}" for name in crossed)
    tables = (
        _of_values("Covariates", found.covariates, ("name", "variable", "mean", "sd", "min", "max")),
        Sheet("Gradient and covariates", ("model", "covariates", "n", *line, "joint_p", *below), tuple(gradients)),
        Sheet("Covariate effects", ("model", *effect), tuple(effects)),
        Sheet("Covariate areas", ("model", "area_code", "area_name", *expected), tuple(areas)),
        Sheet("Covariate groups", ("variable", "group", "cases", "reached", "rate"), tuple(groups)),
        Sheet("Covariate group areas", ("variable", "area_code", "area_name", *ratio), tuple(ratios)),
    )
    return tuple(table for table in tables if table.rows)


def _doubts(results: Results) -> tuple[Sheet, ...]:
    doubts = results.sample.doubts
    return (_of_values("Doubts", doubts, _DOUBTS),) if doubts else ()


def _inequality(results: Results) -> Sheet:
    found = results.inequality
    named = (("patients", found.patients), ("areas", found.areas), ("areas, replication", results.replication.areas))
    rows = [(over, index) for over, index in named if index is not None]
    return _labelled("Inequality", "over", rows, tuple(type(results.inequality.areas).model_fields))


def _source_uncertainty(results: Results) -> tuple[Sheet, ...]:
    found = results.source_uncertainty
    if found is None:
        return ()
    shared = ("draws", "seed", "from_counts", "from_percentages", "held")
    spreads = [(name, value) for name, value in found if name not in shared]
    columns = tuple(type(found.rho).model_fields)
    rows = tuple(
        # A number of areas is a whole number.
        (name, *(int(c) if name.startswith("below_") and isinstance(c, float) else c for c in _cells(spread, columns)))
        for name, spread in spreads
    )
    table = Sheet("Source uncertainty", ("figure", *columns), rows)
    return table, _figures("Source draws", {name: getattr(found, name) for name in shared})


def _simulation(results: Results) -> tuple[Sheet, ...]:
    fair = results.simulation
    if fair is None:
        return ()
    rows: list[tuple[Cell, ...]] = []
    for benchmark, flagged in fair.flagged.items():
        rows.append((benchmark, "all", sum(fair.fifth_areas), flagged.overall.share, flagged.overall.se))
        for fifth, (areas, simulated) in enumerate(zip(fair.fifth_areas, flagged.fifths, strict=True), start=1):
            known = (None, None) if simulated is None else (simulated.share, simulated.se)
            rows.append((benchmark, fifth, areas, *known))
    facts = {name: getattr(fair, name) for name in ("quarters", "seed", "overdispersed", "coverage")}
    return (
        Sheet("Simulation", ("benchmark", "fifth", "areas", "share", "se"), tuple(rows)),
        _figures("Simulation checks", facts),
        _coverage(results),
    )


def _coverage(results: Results) -> Sheet:
    rows = [
        (found.tau, model, interval, simulated.share, simulated.se)
        for found in results.coverage
        for model, held in (("weighted", found.weighted), ("random_effects", found.random_effects))
        for interval, simulated in held
    ]
    return Sheet("Coverage", ("tau", "model", "interval", "share", "se"), tuple(rows))


def _cells(value: Value, columns: Iterable[str]) -> tuple[Cell, ...]:
    return tuple(getattr(value, name) for name in columns)


def _of_values(name: str, values: Iterable[Value], columns: tuple[str, ...]) -> Sheet:
    """Make a table of values, one a row."""
    return Sheet(name, columns, tuple(_cells(value, columns) for value in values))


def _labelled(name: str, header: str, rows: Iterable[tuple[str, Value]], columns: tuple[str, ...]) -> Sheet:
    """Make a table of values, one a row, each after what it is of."""
    return Sheet(name, (header, *columns), tuple((label, *_cells(value, columns)) for label, value in rows))


def _figures(name: str, parts: dict[str, Any]) -> Sheet:
    """Make a table of single figures, each named by its path through values within values."""
    return Sheet(name, ("figure", "value"), tuple(_paths(parts.items())))


def _paths(parts: Iterable[tuple[str, Any]], before: str = "") -> Iterator[tuple[str, Cell]]:
    for name, value in parts:
        if isinstance(value, Value):
            yield from _paths(value, f"{before}{name}.")
        elif value is None or isinstance(value, (str, int, float)):
            # What is many has a table of its own.
            yield before + name, value


def _write_sheet(book: Any, sheet: Sheet, results: Results, formats: dict[str, Any]) -> None:
    """Write a table under a bold header that stays in view."""
    page = book.add_worksheet(sheet.name)
    notice = " – synthetic data" if results.period.synthetic else ""
    page.set_header(f"&L{results.period.id}{notice}&R&A")
    page.set_landscape()
    page.freeze_panes(1, _NAMED_COLUMNS if sheet.name == _AREAS else 1)
    page.repeat_rows(0)
    if sheet.name == _ABOUT:
        page.set_portrait()
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": sheet.name == _AREAS, "valign": "top"})
    for at, header in enumerate(sheet.columns):
        page.write_string(0, at, header, bold)
        page.set_column(at, at, _width([header, *(row[at] for row in sheet.rows)]))
    for down, row in enumerate(sheet.rows, start=1):
        for at, cell in enumerate(row):
            # In a table of single figures the name of each stands before it and says what it is.
            named = str(row[0]).rpartition(".")[2] if sheet.columns == ("figure", "value") else sheet.columns[at]
            _write_cell(page, (down, at), cell, named, formats)


def _write_cell(page: Any, place: tuple[int, int], cell: Cell, named: str, formats: dict[str, Any]) -> None:
    if isinstance(cell, str):
        text = cell if len(cell) <= _LONGEST_TEXT else cell[: _LONGEST_TEXT - 1] + "…"
        page.write_string(*place, text)
    elif isinstance(cell, bool):
        page.write_boolean(*place, cell)
    elif cell is not None:
        page.write_number(*place, cell, formats[_number_format(cell, named)])


def _number_format(number: float, named: str) -> str:
    return _FORMATS.get(named, _COUNT if isinstance(number, int) else _NUMBER)


def _width(cells: Iterable[Cell]) -> int:
    """Return a width, in letters, that shows the header and every cell; long text is cut."""
    return min(_WIDEST, 2 + max(len(c) if isinstance(c, str) else 8 for c in cells))
