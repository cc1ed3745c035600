"""Files of activity as text: in the shape that a mapping gives or their own header tells, read in threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from iapt_report.areas.cells import squash
from iapt_report.areas.text_table import peek_header
from iapt_report.sources.columns import pick, spelling_of
from iapt_report.sources.formats import activity_format
from iapt_report.sources.read import read_published
from iapt_report.sources.recognise import is_known
from iapt_report.system.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from iapt_report.areas.text_table import TextTable
    from iapt_report.sources.formats import Format

# What DuckDB does needs no Python: two files are read while Python looks at a third, or loads what comes next.
_THREADS = 2


class Begun:
    """Files of activity whose reading has begun; it ends with the block that they are read in.

    Parameters
    ----------
    files : sequence of Path
    mapped : Format, optional
        The shape that a mapping gives them.
    level : str, optional
        Whose figures to read.
    """

    def __init__(self, files: Sequence[Path], mapped: Format | None = None, level: str | None = None) -> None:
        self._files, self._mapped, self._level = files, mapped, level
        if is_long(files[0]):
            # The threads would load it no sooner while this one loads something else.
            import duckdb  # noqa: F401
        self.pool = ThreadPoolExecutor(_THREADS)
        self._begun = [self.pool.submit(read_activity, path, mapped, level) for path in files]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def contents(self) -> Iterator[TextTable]:
        """Give the content of each file.

        Raises
        ------
        ReportError, OSError
            Of the first file that cannot be read. Such a file is read once more: when it was begun, a file that a
            killed command has set aside need not have been put back.
        """
        for path, begun in zip(self._files, self._begun, strict=True):
            yield self._result(path, begun)

    def _result(self, path: Path, begun: Future[TextTable]) -> TextTable:
        with suppress(ReportError, OSError):
            return begun.result()
        return read_activity(path, self._mapped, self._level)


def is_long(path: Path) -> bool:
    """Whether a file is a CSV file with the header of a long table in a published shape, as that of a month is."""
    # A pipe is not to be opened.
    if not path.is_file():
        return False
    with suppress(OSError):
        form = activity_format(peek_header(path))
        return form is not None and bool(form.measures)
    return False


def read_activity(path: Path, mapped: Format | None, level: str | None) -> TextTable:
    """Read an activity file as text.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    if mapped is None:
        return read_published(path, is_known, level, rank=measures_in)

    def fits(header: list[str]) -> bool:
        return mapped.signature <= set(map(squash, header))

    return read_published(path, fits, level, form_of=lambda header: mapped if fits(header) else None)


def measures_in(content: TextTable) -> int:
    """Count the measures of activity that a table has; 0 where it lacks one that is needed."""
    form = activity_format(content.header)
    if form is None:
        return 0
    told = {squash(text): name for text, name in form.measures}
    measure = pick(content.header, form.measure, None) if form.measure else None
    if measure is not None:
        found = {told[folded] for folded in map(squash, set(content.column(measure))) if folded in told}
    else:
        found = set(spelling_of(content.header, form.columns, None))
    return len(found) if set(form.required) <= found else 0
