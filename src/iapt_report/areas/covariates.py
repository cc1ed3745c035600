"""Covariates: what settings name is found among an area's own columns and the shares of its patients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.deciles import ENGLAND
from iapt_report.areas.shares import GROUP, SHARE, VARIABLE, label_of
from iapt_report.areas.table import FEWEST
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.areas.table import Areas

# So many of what there is are named in a message.
_LISTED = 12
_MEND = "correct covariates under [settings] in iapt-report.toml"


@dataclass(frozen=True)
class Covariate:
    """One covariate of areas.

    Parameters
    ----------
    name : str
        As the source has it: the column's header, or ``variable: group``.
    variable : str or None
        Of a share, the variable that it is of; None for a column.
    values : ndarray, shape (n,)
        In the order of the areas analysed; shares are proportions. NaN where it is not known.
    """

    name: str
    variable: str | None
    values: NDArray[np.float64] = field(repr=False)

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the area's patients."""
        return self.variable is not None


def find_covariates(areas: Areas, asked: Sequence[str]) -> tuple[Covariate, ...]:
    """Find what is asked for, by its name.

    A column of areas.csv beyond the known ones counts first, then a share that is called ``variable: group``. A name
    that differs from what there is by capitals, spaces and signs only is that, where it can mean one alone.

    Parameters
    ----------
    areas : Areas
    asked : sequence of str
        The names.

    Raises
    ------
    DataError
        If a name is of nothing, or of several, or asked for twice; if a column is not numeric; or if a covariate is
        known of fewer than ten areas.
    """
    found = tuple(_find(areas, name) for name in asked)
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise DataError(
                f"the covariate {cells.shown(name)} is asked for twice", expected="each once", mend=_MEND, file=_file()
            )
    for one in found:
        _refuse_few(one, areas)
    return found


def _file() -> str:
    return "iapt-report.toml"


def _find(areas: Areas, asked: str) -> Covariate:
    columns = areas.extras.columns if areas.extras is not None else ()
    labels = _labels(areas)
    name = _named(asked, [*columns, *labels])
    if name is None:
        raise _unknown(asked, columns, labels, areas)
    codes = areas.table["area_code"]
    if name in columns:
        assert areas.extras is not None  # noqa: S101 - it has the column
        return Covariate(name, None, _floats(codes.map(areas.extras.numbers(name))))
    assert areas.shares is not None  # noqa: S101 - it has the label
    variable, group = labels[name]
    rows = areas.shares[(areas.shares[VARIABLE] == variable) & (areas.shares[GROUP] == group)]
    return Covariate(name, variable, _floats(codes.map(rows.set_index("area_code")[SHARE])))


def _floats(values: pd.Series[float]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(values.to_numpy("float64"), dtype=np.float64)


def _labels(areas: Areas) -> dict[str, tuple[str, str]]:
    """Return what the shares of areas are called, each with its variable and group."""
    if areas.shares is None:
        return {}
    own = areas.shares.loc[areas.shares["area_code"] != ENGLAND, [VARIABLE, GROUP]].drop_duplicates()
    return {label_of(variable, group): (variable, group) for variable, group in own.itertuples(index=False)}


def _named(asked: str, names: Sequence[str]) -> str | None:
    """Return what is meant: what is written so, else the one that is but for its spelling; None where none is."""
    if asked in names:
        return asked
    for fold in (lambda text: " ".join(text.split()).casefold(), cells.squash):
        alike = [name for name in names if fold(name) == fold(asked) and fold(asked)]
        if len(alike) > 1:
            raise DataError(
                f"the covariate {cells.shown(asked)} can be {' and '.join(map(repr, alike[:_LISTED]))}",
                file=_file(),
                expected="one of them, spelt as it is",
                mend=_MEND,
            )
        if alike:
            return alike[0]
    return None


def _unknown(asked: str, columns: Sequence[str], labels: dict[str, tuple[str, str]], areas: Areas) -> DataError:
    """Say what there is instead: the groups of the variable that is meant, else the variables and the columns."""
    head = cells.squash(asked.partition(":")[0])
    alike = [label for label, (variable, _) in labels.items() if head and cells.squash(variable) == head]
    variables = dict.fromkeys(f"{variable}: …" for variable, _ in labels.values())
    there = [repr(name) for name in (alike or [*columns, *variables])]
    more = ", …" if len(there) > _LISTED else ""
    return DataError(
        f"there is no covariate {cells.shown(asked)} in {areas.period.id}",
        file=_file(),
        expected=f"one of {', '.join(there[:_LISTED])}{more}"
        if there
        else "a column of its areas.csv beyond the known ones, or a group of its shares.csv; it has neither",
        mend=f"{_MEND}, add the column to areas.csv, or import an annual file with every variable",
    )


def _refuse_few(one: Covariate, areas: Areas) -> None:
    lacking = one.values != one.values
    if len(lacking) - lacking.sum() >= FEWEST:
        return
    first = areas.table["area_code"].iloc[int(lacking.argmax())]
    raise DataError(
        f"the covariate {cells.shown(one.name)} is not known of {int(lacking.sum())} of {len(lacking)} areas, the "
        f"first of them {first}",
        file=areas.extras.place.file
        if areas.extras is not None and not one.is_share
        else f"{areas.period.id}/shares.csv",
        column=SHARE if one.is_share else one.name,
        expected=f"at least {FEWEST} areas of which it is known",
        mend="fill it in, or leave it out of covariates under [settings] in iapt-report.toml",
    )
