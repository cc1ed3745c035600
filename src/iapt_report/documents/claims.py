"""What a paper prints, number by number, against the figures computed from a period's data.

The 2016 paper's claims are in ``claims_2016.toml`` beside this module, whose first lines explain the format.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from iapt_report.areas.period import Period
from iapt_report.stats.regression import DUMMY, INTERCEPT, RANK, Term
from iapt_report.system.errors import CallError, DataError
from iapt_report.system.toml_text import read_toml
from iapt_report.words.numbers import MINUS, count, decimal, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.results import Results

SHIPPED = Path(__file__).parent / "claims_2016.toml"
Verdict = Literal["agrees", "differs", "cannot be"]
Text = Annotated[str, Field(pattern=r"\S")]

_SPACES = " \N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"
# A first group of zero would make a decimal comma, 0,123, a thousands separator.
_PRINTED = re.compile(
    rf"(?P<sign>[<>]?)[{_SPACES}]*(?P<minus>[-{MINUS}]?)"
    rf"(?P<whole>[1-9]\d{{0,2}}(?:[{_SPACES},]\d{{3}})+|\d+|(?=\.))(?:\.(?P<decimals>\d{{1,20}}))?",
    re.ASCII,
)
_FIGURES = '"−0.27", "293 400", "15.3" or "< 0.001", without a unit'
_FIELDS = 'id, words, printed, and either at = "path" or difference_of = ["path", "path"]; unit, scale, cannot_be'
_HEAD = 'title and period, such as "2014-15-Q2", and a citation if there is one'


@dataclass(frozen=True)
class Claim:
    """One printed number; see the head of ``claims_2016.toml`` for the fields."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    id: Text
    words: Text
    printed: str
    at: Text | None = None
    difference_of: tuple[Text, Text] | None = None
    unit: str = ""
    scale: Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)] = 1.0
    cannot_be: Text | None = None


@dataclass(frozen=True)
class Claims:
    """A paper's claims: its title and citation, the id of the period they are about, and the file they are from."""

    title: str
    citation: str
    period: str
    claims: tuple[Claim, ...]
    file: str


@dataclass(frozen=True)
class Checked:
    """A claim, its figure computed from the data (None where there is none), and how the two compare.

    ``computed`` is multiplied by the claim's scale and not rounded. ``note`` gives the reason where the printed figure
    cannot be, or nothing could be computed, and is empty otherwise.
    """

    claim: Claim
    computed: float | None
    verdict: Verdict
    note: str


class ClaimsPaper(BaseModel):
    """The paper whose figures are compared: its title, its citation, and the period that they are about."""

    title: str
    citation: str
    period: str


class ClaimCompared(BaseModel):
    """A claim as its file has it, and what became of it; see `Claim` and `Checked`."""

    id: str
    words: str
    printed: str
    at: str | None
    difference_of: tuple[str, str] | None
    unit: str
    scale: float
    cannot_be: str | None
    computed: float | None
    verdict: Verdict
    note: str


class Comparison(BaseModel):
    """A paper's figures beside those computed of a period, and how many there are of each verdict."""

    paper: ClaimsPaper
    period: str
    synthetic: bool
    verdicts: dict[Verdict, int]
    claims: tuple[ClaimCompared, ...]


class _Head(BaseModel):
    """The section [paper] of a file of claims."""

    model_config = ConfigDict(extra="forbid")

    title: Text
    period: Text
    citation: str = ""


@dataclass(frozen=True)
class _Printed:
    """A figure as printed: ``<``, ``>`` or nothing before it, the number, and how many decimals it is given with."""

    sign: str
    number: Decimal
    digits: int


@cache
def shipped_claims() -> Claims:
    """Return the claims of the 2016 paper."""
    return read_claims(SHIPPED)


def read_claims(path: Path) -> Claims:
    """Read a file of claims.

    Parameters
    ----------
    path : Path
        TOML, in the format that the head of ``claims_2016.toml`` explains.

    Raises
    ------
    DataError
        If the file is missing, no TOML, or has an entry that cannot be.
    """
    values = read_toml(path, absent="name a file of claims, or none to check those of the 2016 paper")
    unknown = sorted(set(values) - {"paper", "claim"})
    if unknown:
        raise DataError(
            f"there is no section {unknown[0]!r}",
            file=path,
            expected="[paper] and one [[claim]] for each number",
            mend="correct or remove it",
        )
    head = _head(values.get("paper"), path)
    entries = values.get("claim")
    if not isinstance(entries, list) or not entries:
        raise DataError(
            "there are no claims",
            file=path,
            expected="one [[claim]] for each printed number, with both pairs of brackets",
            mend="add them",
        )
    claims = tuple(_claim(entry, number, path) for number, entry in enumerate(entries, start=1))
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise DataError(f"claim {claim.id!r} is there twice", file=path, mend="give each claim an id of its own")
        seen.add(claim.id)
    return Claims(head.title, head.citation, head.period, claims, str(path))


def check_claims(claims: Claims, results: Results) -> tuple[Checked, ...]:
    """Compare each printed number with the one computed from a period's data.

    Parameters
    ----------
    claims : Claims
    results : Results
        Of any period; `Claims.period` says which one the claims are about.

    Returns
    -------
    tuple of Checked
        In the order of the claims. A claim whose figure does not exist in these results, as the P value of the outlier
        dummy where no area is an outlier, differs.

    Raises
    ------
    DataError
        If a claim names a place where no results have a number.
    """
    return tuple(_check(claim, results, claims.file) for claim in claims.claims)


def as_text(claims: Claims, checked: Sequence[Checked], results: Results) -> str:
    """Return the comparison as an aligned table with its notes and a line that counts the verdicts.

    Parameters
    ----------
    claims : Claims
    checked : sequence of Checked
        What `check_claims` made of them.
    results : Results
        The figures they were compared with.
    """
    period = results.period
    notes = list(dict.fromkeys(c.note for c in checked if c.note))
    rows = [("claim", "printed", "computed", "verdict")]
    for c in checked:
        reference = f" [{notes.index(c.note) + 1}]" if c.note else ""
        rows.append((c.claim.words, printed_with_unit(c.claim), computed_as_printed(c), c.verdict + reference))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(
        [
            f"{claims.title}: figures printed of {claims.period}",
            f"computed from {period.label}{' – SYNTHETIC DATA' if period.synthetic else ''}",
            "",
            *(f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}" for a, b, c, d in rows),
            "",
            *(f"[{number}] {note}" for number, note in enumerate(notes, start=1)),
            *(results.provenance.notes if period.synthetic else ()),
            *([""] if notes or (period.synthetic and results.provenance.notes) else []),
            _summary(checked),
            "",
        ]
    )


def as_json(claims: Claims, checked: Sequence[Checked], results: Results) -> str:
    """Return the comparison as JSON, indented, ending in a newline; numbers are not rounded.

    Parameters
    ----------
    claims : Claims
    checked : sequence of Checked
    results : Results
    """
    compared = Comparison(
        paper=ClaimsPaper(title=claims.title, citation=claims.citation, period=claims.period),
        period=results.period.id,
        synthetic=results.period.synthetic,
        verdicts=_counts(checked),
        claims=tuple(
            ClaimCompared(**asdict(c.claim), computed=c.computed, verdict=c.verdict, note=c.note) for c in checked
        ),
    )
    return compared.model_dump_json(indent=2) + "\n"


def _head(values: object, path: Path) -> _Head:
    if values is None:
        raise DataError("there is no section [paper]", file=path, expected=_HEAD, mend="add the section")
    try:
        head = _Head.model_validate(values)
    except ValidationError as error:
        raise DataError(f"[paper] {_first(error)}", file=path, expected=_HEAD, mend="correct the section") from None
    try:
        Period.parse(head.period)
    except CallError as error:
        raise DataError(
            f"[paper] period: {error.problem}", file=path, expected=error.expected, mend=error.mend
        ) from None
    return head


def _claim(entry: object, number: int, path: Path) -> Claim:
    name = entry.get("id") if isinstance(entry, dict) else None
    where = f"claim {name!r}" if isinstance(name, str) and name else f"claim number {number}"
    try:
        claim = TypeAdapter(Claim).validate_python(entry)
    except ValidationError as error:
        raise DataError(f"{where}: {_first(error)}", file=path, expected=_FIELDS, mend="correct the entry") from None
    if (claim.at is None) == (claim.difference_of is None):
        raise DataError(
            f"{where} has {'neither' if claim.at is None else 'both'} of at and difference_of",
            file=path,
            expected=_FIELDS,
            mend="give one of the two",
        )
    if claim.scale == 0:
        raise DataError(
            f"{where}: a scale of 0 makes every figure 0",
            file=path,
            expected="1, or 100 for a proportion printed in per cent",
            mend="correct or remove the scale",
        )
    if _PRINTED.fullmatch(claim.printed.strip()) is None:
        raise DataError(
            f"{where}: {claim.printed!r} cannot be read as a printed figure",
            file=path,
            expected=_FIGURES,
            mend="write the figure so, with a point before its decimals, and its unit under unit",
        )
    return claim


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    words = {
        "missing": "is missing",
        "extra_forbidden": "is not a field",
        "unexpected_keyword_argument": "is not a field",
        "string_pattern_mismatch": "is empty",
        "string_type": f"is {first['input']!r}, which is not text in quotes",
    }.get(first["type"], f"cannot be {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}")
    return f"{field} {words}" if field else words


def _printed(text: str) -> _Printed:
    found = _PRINTED.fullmatch(text.strip())
    assert found is not None  # noqa: S101 - reading the claims refused all others
    whole = re.sub(r"\D", "", found["whole"])
    decimals = found["decimals"] or ""
    number = Decimal(f"{'-' if found['minus'] else ''}{whole or '0'}.{decimals or '0'}")
    return _Printed(found["sign"], number, len(decimals))


def _check(claim: Claim, results: Results, file: str) -> Checked:
    paths = claim.difference_of or (claim.at or "",)
    found = [_figure(path, claim, results, file) for path in paths]
    absent = next((where for value, where in found if value is None), None)
    if absent is not None:
        note = f"{claim.cannot_be} " if claim.cannot_be else ""
        note += f"Nothing is computed here: these results have no {absent}."
        return Checked(claim, None, "cannot be" if claim.cannot_be else "differs", note)
    # Decimals, because in binary 100 × 0.285 is a little less than 28.5 and would round down.
    first, *others = (Decimal(repr(value)) for value, _ in found)
    computed = float((first - sum(others)) * Decimal(repr(claim.scale)))
    if claim.cannot_be:
        return Checked(claim, computed, "cannot be", claim.cannot_be)
    return Checked(claim, computed, "agrees" if _agrees(computed, _printed(claim.printed)) else "differs", "")


def _agrees(computed: float, printed: _Printed) -> bool:
    if printed.sign:
        exact = Decimal(repr(computed))
        return exact < printed.number if printed.sign == "<" else exact > printed.number
    return rounded(computed, printed.digits) == printed.number


def _figure(path: str, claim: Claim, results: Results, file: str) -> tuple[float | None, str]:
    """Find the number at a path; None, and what is absent, where other data would have one there."""

    def refuse(problem: str, expected: str) -> NoReturn:
        raise DataError(
            f"claim {claim.id!r}: {problem}",
            file=file,
            expected=expected,
            mend="correct the path; `iapt-report results PERIOD --json` prints all there are",
        )

    kind: Any = type(results)
    value: Any = results
    walked: list[str] = []
    absent = ""
    for key in path.split("."):
        inside = _inside(kind, value, key)
        place = ".".join(walked) or "results.json"
        if not inside:
            refuse(f"{path!r} does not exist: {place} has nothing inside", "a path to a number")
        if key not in inside:
            refuse(f"{path!r} does not exist: {place} has no {key!r}", _named(inside))
        kind = inside[key]
        walked.append(key)
        if value is not None:
            value = _step(value, key)
            absent = ".".join(walked) if value is None else ""
    more = _inside(kind, value, "")
    if more or (value is not None and (isinstance(value, bool) or not isinstance(value, int | float))):
        refuse(f"{path!r} is not a number", f"a path that goes on to {_named(more)}" if more else "a path to a number")
    return value, absent


def _inside(kind: Any, value: Any, key: str) -> dict[str, Any]:
    """Say what a value of a type has inside, each name with its type; ``key`` itself where any name can be."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: _given(field.annotation) for name, field in kind.model_fields.items()}
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is dict:
        # Which terms a model has depends on the data: without an outlier there is no dummy.
        names = (INTERCEPT, RANK, DUMMY) if arguments[1] is Term else (key,) if value is None else value
        return dict.fromkeys(names, _given(arguments[1]))
    if origin is tuple:
        return dict.fromkeys(map(str, range(len(value))), _given(arguments[0]))
    return {}


def _given(kind: Any) -> Any:
    """Return the type of a field where it has a value: ``Model`` of ``Model | None``."""
    others = [argument for argument in get_args(kind) if argument is not NoneType]
    return others[0] if NoneType in get_args(kind) else kind


def _step(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    return value[int(key)] if isinstance(value, tuple) else getattr(value, key)


def _named(inside: dict[str, Any]) -> str:
    names = list(inside)
    few = 12
    return f"one of {', '.join(names)}" if len(names) <= few else f"one of {names[0]} to {names[-1]}"


def _with(figure: str, unit: str) -> str:
    return figure + (unit if unit == "%" else f" {unit}" if unit else "")


def printed_with_unit(claim: Claim) -> str:
    """Show a printed figure with its unit."""
    return _with(claim.printed, claim.unit)


def computed_as_printed(checked: Checked) -> str:
    """Show a computed figure as the printed one is, with more digits where a bound would look met or missed."""
    computed = checked.computed
    if computed is None:
        return "none"
    printed = _printed(checked.claim.printed)
    if not printed.sign:
        figure = decimal(computed, printed.digits) if printed.digits else count(int(rounded(computed, 0)))
        return _with(figure, checked.claim.unit)
    short = f"{computed:.2g}"
    # A figure just below 0.001 must not be shown as 0.001 beside "agrees".
    same_side = Decimal(short).compare(printed.number) == Decimal(repr(computed)).compare(printed.number)
    figure = short if same_side else repr(computed)
    return _with(figure.replace("-", MINUS, 1) if computed < 0 else figure, checked.claim.unit)


def _counts(checked: Sequence[Checked]) -> dict[Verdict, int]:
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    return {verdict: sum(c.verdict == verdict for c in checked) for verdict in verdicts}


def _summary(checked: Sequence[Checked]) -> str:
    counts = ", ".join(f"{verdict} {n}" for verdict, n in _counts(checked).items())
    return f"{len(checked)} {'claim' if len(checked) == 1 else 'claims'}: {counts}"
