"""Run by Quarto after it has rendered the project: takes links to files that were not made off the site's index."""

import sys
from pathlib import Path

# Nothing is left in the workspace.
sys.dont_write_bytecode = True

from prerender import run  # noqa: E402

if __name__ == "__main__":
    sys.exit(run("prune", Path(__file__)))
