"""Run by Quarto before it renders the project: writes the documents of periods that are new or have changed."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> int:
    """Refresh the documents, with the workspace's own environment where this Python lacks the package."""
    if os.environ.get("IAPT_REPORT_BUILDING"):
        return 0
    if find_spec("iapt_report"):
        from iapt_report.__main__ import main as run

        return run(["refresh", "--workspace", str(ROOT)])
    for candidate in (".venv/bin/python", ".venv/Scripts/python.exe"):
        python = ROOT / candidate
        if python.is_file() and python.absolute() != Path(sys.executable).absolute():
            return subprocess.run([str(python), str(Path(__file__).resolve())], check=False).returncode
    print(
        "prerender.py: the Python package iapt_report is not installed here.\n"
        "  to mend:  run `make report` once, or `pip install iapt-report` into the Python that Quarto uses",
        file=sys.stderr,
    )
    return 3


if __name__ == "__main__":
    sys.exit(main())
