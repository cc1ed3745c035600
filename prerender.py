"""Run by Quarto before it renders the project: writes the documents of periods that are new or have changed."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def run(command: str, script: Path) -> int:
    """Run a command of the package, with the workspace's own environment where this Python lacks the package.

    Parameters
    ----------
    command : str
        Its name; it is told the workspace.
    script : Path
        What another Python is to run instead.
    """
    if os.environ.get("IAPT_REPORT_BUILDING"):
        return 0
    if find_spec("iapt_report"):
        from iapt_report.__main__ import main

        return main([command, "--workspace", str(ROOT)])
    for candidate in (".venv/bin/python", ".venv/Scripts/python.exe"):
        python = ROOT / candidate
        if python.is_file() and python.absolute() != Path(sys.executable).absolute():
            return subprocess.run([str(python), str(script.resolve())], check=False).returncode
    print(
        f"{script.name}: the Python package iapt_report is not installed here.\n"
        "  to mend:  activate the environment that has it (source PATH/.venv/bin/activate) and render again;\n"
        "            in a checkout, `make report` makes that environment, and it is found",
        file=sys.stderr,
    )
    return 3


if __name__ == "__main__":
    sys.exit(run("refresh", Path(__file__)))
