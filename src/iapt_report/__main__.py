"""The entry of the command line: runs it, and turns what goes wrong into a message and an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done, 1 the data are unusable, 2 the call is wrong, 3 a tool is missing.
    """
    from iapt_report.cli import app
    from iapt_report.errors import ReportError

    try:
        code = app(arguments, standalone_mode=False)
    except ReportError as error:
        from iapt_report.console import complain

        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # Typer's own errors of usage know how to show themselves.
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            return int(error.exit_code)
        if type(error).__name__ == "Abort":
            return 130
        raise
    return code if isinstance(code, int) else 0


def entry() -> None:
    """Run the command line and exit."""
    sys.exit(main())


if __name__ == "__main__":
    entry()
