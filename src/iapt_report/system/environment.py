"""The environment that the program and the programs it starts run in."""

from __future__ import annotations

import os
import sys

# What the program, its libraries and the programs it starts read, and some of them stumble over where it is empty.
_READ = (
    *("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
    *("LANG", "LC_ALL", "LC_CTYPE", "TZ", "SOURCE_DATE_EPOCH"),
    *("COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("MPLCONFIGDIR", "MPLBACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("PYPANDOC_PANDOC", "IAPT_REPORT_CACHE", "IAPT_REPORT_WORKSPACE", "IAPT_REPORT_BUILDING"),
)


def without_empty() -> None:
    """Take out of this process's environment what is set to nothing, so that it counts as not set at all."""
    for name in _READ:
        if os.environ.get(name) == "":
            del os.environ[name]


def of_child(**more: str) -> dict[str, str]:
    """Return the environment of a program to start, with a locale of UTF-8.

    Where the locale is that of C, as in jobs of a timetable, programs such as pandoc cannot name a file whose path has
    a letter beyond ASCII.

    Parameters
    ----------
    **more : str
        What else it is told.
    """
    return {**os.environ, "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8", **more}
