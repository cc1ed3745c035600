"""The entry of the command line: runs it, and turns what goes wrong into a message and an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from iapt_report.system import exits

if TYPE_CHECKING:
    from collections.abc import Sequence


# What the program is called, however it was started: its completions listen to this name.
PROGRAM = "iapt-report"


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one for each way to end
    """Run the command line and return its exit code.

    The codes are those of `iapt_report.system.exits`.
    """
    from iapt_report.cli.app import app
    from iapt_report.system import environment
    from iapt_report.system.dating import source_date
    from iapt_report.system.errors import ReportError

    environment.without_empty()
    try:
        # Before anything is imported that reads the date too, and would end without a word of explanation.
        source_date()
        code = app(arguments, prog_name=PROGRAM, standalone_mode=False)
    except ReportError as error:
        from iapt_report.system.console import complain

        complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        # The reader of the output has gone; nothing is left to tell.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
        return 0
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            # Click has seen it first.
            return 0
        raise
    except OSError as error:
        from iapt_report.system.console import complain

        complain(_said_of(error))
        return ReportError.exit_code
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except Exception as error:
        # Typer's own errors of usage know how to show themselves.
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            return int(error.exit_code)
        if type(error).__name__ == "Abort":
            return exits.INTERRUPTED
        raise
    return code if isinstance(code, int) else 0


def _said_of(error: OSError) -> str:
    """Say what the operating system refused."""
    place = f"{error.filename}: " if error.filename else ""
    mend = "check that the place exists, is yours to write, and has room"
    return f"{place}{error.strerror or error}\n  to mend:  {mend}"


def entry() -> None:
    """Run the command line and exit."""
    from iapt_report.system import garbage, second, stopping

    garbage.search_seldom()
    stopping.listen()
    try:
        with second.at_hand():
            code = main()
    except KeyboardInterrupt:
        # It came before there was a command, or after.
        code = exits.INTERRUPTED
    garbage.search_no_more()
    sys.exit(stopping.exit_code(code))


if __name__ == "__main__":
    entry()
