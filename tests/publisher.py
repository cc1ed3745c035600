"""A publisher on this machine: a series page that leads to release pages, and these to files."""

from __future__ import annotations

import calendar
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SERIES = "/statistical/nhs-talking-therapies-monthly-statistics"
MONTHS = [name.lower() for name in calendar.month_name][1:]


@dataclass
class Publisher:
    """What is published, by path, and what was asked for.

    ``answers`` has a page or file; or a path, to which one that has moved leads; ``slow`` what never comes to an end.
    """

    address: str = ""
    answers: dict[str, bytes | str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return self.address.removeprefix("http://")

    def series(self, *months: str) -> None:
        """Publish the page that leads to the releases of months such as 2025-04, newest first."""
        links = [f'<li><a href="{self.page(month)}">Performance {month}</a></li>' for month in months]
        around = '<a href="/">Home</a> <a href="https://elsewhere.example/performance-april-2099">Elsewhere</a>'
        self.answers[SERIES] = f"<!doctype html><p>{around}</p><ul>{''.join(links)}</ul>".encode()

    def release(self, month: str, *names: str) -> None:
        """Publish the page of a month, with links to files of these names."""
        links = [f'<a href="{self.address}/files/{month}/{name}">{name}</a>' for name in names]
        self.answers[self.page(month)] = f"<!doctype html>{' '.join(links)}".encode()

    def page(self, month: str) -> str:
        year, number = month.split("-")
        return f"{SERIES}/performance-{MONTHS[int(number) - 1]}-{year}"

    def list(self, files: dict[str, str] | None = None, more: str = "") -> str:
        """Write a list of releases that looks for newer ones here."""
        lines = "".join(f'{month} = "{name}"\n' for month, name in (files or {}).items())
        return (
            f'{more}\n[[series]]\nof = "month"\npage = "{self.address}{SERIES}"\nbase = "{self.address}/files/"\n'
            f'[series.newer]\nhosts = ["{self.host}"]\nrelease = ["performance"]\n'
            'file = ["activity_performance", "activity_final", "activity", "final_data"]\n'
            'without = ["employment", "metadata", "quality"]\n'
            f"[series.files]\n{lines}"
        )


def usual(month: str, ending: str = "activity_performance.csv") -> str:
    """Name a month's file as the publisher does: nhstalkingtherapies_month_apr_2025_activity_performance.csv."""
    year, number = month.split("-")
    return f"nhstalkingtherapies_month_{MONTHS[int(number) - 1][:3]}_{year}_{ending}"


@contextmanager
def publishing() -> Iterator[Publisher]:
    """Serve what a publisher has, for as long as the block lasts."""
    here = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append(self.path)
            here.agents.add(self.headers["User-Agent"])
            if self.path in here.slow:
                here.over.wait(60)
                return
            found = here.answers.get(self.path)
            moved, body = isinstance(found, str), found if isinstance(found, bytes) else b""
            self.send_response(404 if found is None else 301 if moved else 200)
            if moved:
                self.send_header("Location", str(found))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield here
    finally:
        here.over.set()
        server.shutdown()
        server.server_close()
