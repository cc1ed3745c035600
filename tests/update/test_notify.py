"""Who is told of a new report, and that nothing hangs on whether that goes well."""

from __future__ import annotations

import email
import json
import socketserver
import sys
import threading
from contextlib import contextmanager
from email import policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from iapt_report.areas.period import Period
from iapt_report.system.errors import DataError
from iapt_report.system.journal import Journal
from iapt_report.update import updating
from iapt_report.update.notify import SUMMARY_VARIABLE, tell
from iapt_report.update.tally import Tally, summary_of
from iapt_report.workspace.notify import Mail, Notify, Webhook
from iapt_report.workspace.place import CONFIGURATION, find_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

REFERENCE = Period.parse("2014-15-Q2")
SUMMARY: dict[str, object] = {"summary": "done; built: 2014-15-Q2", "text": "New reports – é\n", "periods": []}
PROGRAM = """
import json, os, sys
said = {"given": json.load(sys.stdin), "words": os.environ["IAPT_REPORT_SUMMARY"], "folder": os.getcwd()}
open(sys.argv[1], "w").write(json.dumps(said))
"""


def program(folder: Path, text: str = PROGRAM) -> list[str]:
    path = folder / "program.py"
    path.write_text(text, "utf-8")
    return [sys.executable, str(path), str(folder / "said.json")]


@contextmanager
def web(status: int = 200, **headers: str) -> Iterator[tuple[str, list[Any]]]:
    came: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", came
    server.shutdown()
    server.server_close()


@contextmanager
def post_office() -> Iterator[tuple[str, list[bytes]]]:
    """Serve as much of SMTP as takes a letter."""
    letters: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper().strip()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    letters.append(b"".join(lines))
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", letters
    server.shutdown()
    server.server_close()


def mail(**more: Any) -> Mail:
    return Mail(to=("a@example.org", "b@example.org"), sender="reports@example.org", **more)


def test_a_program_gets_the_summary_as_json_and_in_words(tmp_path: Path) -> None:
    told, failed = tell(Notify(command=tuple(program(tmp_path))), SUMMARY, tmp_path)
    assert (told, failed) == (["command"], {})
    said = json.loads((tmp_path / "said.json").read_text("utf-8"))
    assert said == {"given": SUMMARY, "words": SUMMARY["text"], "folder": str(tmp_path)}
    assert SUMMARY_VARIABLE == "IAPT_REPORT_SUMMARY"


def test_a_webhook_gets_the_json_at_an_address_that_may_be_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web() as (address, came):
        monkeypatch.setenv("OUR_HOOK", address)
        for hook in (Webhook(address=address), Webhook(address_variable="OUR_HOOK")):
            assert tell(Notify(webhook=hook), SUMMARY, tmp_path) == (["webhook"], {})
    assert came == [("/hook", "application/json", SUMMARY)] * 2


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """Serve what goes on for ever, so that no single read takes long."""
    over = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(first)
            while not over.wait(0.05):
                self.wfile.write(b"x")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    over.set()
    server.shutdown()
    server.server_close()


def test_a_server_that_never_comes_to_an_end_keeps_nothing_up(tmp_path: Path) -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ") as server:
        hook = Notify(webhook=Webhook(address=f"http://{server}/"))
        assert tell(hook, SUMMARY, tmp_path, seconds=0.5) == ([], {"webhook": "it was not done in 0.5 seconds"})
    with dripping(b"220-") as server:
        letter = Notify(mail=mail(server=server, encrypted=False))
        assert tell(letter, SUMMARY, tmp_path, seconds=0.5) == ([], {"mail": "it was not done in 0.5 seconds"})
    waiting = Notify(command=(sys.executable, "-c", "import time; time.sleep(60)"))
    assert "timed out" in tell(waiting, SUMMARY, tmp_path, seconds=0.5)[1]["command"]


def test_a_mail_has_the_words_and_the_json(tmp_path: Path) -> None:
    with post_office() as (server, letters):
        assert tell(Notify(mail=mail(server=server, encrypted=False)), SUMMARY, tmp_path) == (["mail"], {})
    opened(letters[0])


def opened(letter: bytes) -> None:
    """Hold a letter against what it is to say."""
    found = email.message_from_bytes(letter, policy=policy.default)
    assert (found["To"], found["Subject"]) == ("a@example.org, b@example.org", SUMMARY["summary"])
    body = found.get_body()
    assert body is not None
    assert body.get_content().splitlines() == str(SUMMARY["text"]).splitlines()
    (attached,) = found.iter_attachments()
    assert json.loads(attached.get_content()) == SUMMARY


def test_without_a_server_sendmail_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/called"\ncat > "{tmp_path}/letter"\n')
    sendmail.chmod(0o755)
    monkeypatch.setattr("iapt_report.update.notify._SENDMAIL", (str(sendmail),))
    assert tell(Notify(mail=mail()), SUMMARY, tmp_path) == (["mail"], {})
    assert (tmp_path / "called").read_text("utf-8") == "-i -t\n"
    opened((tmp_path / "letter").read_bytes())


@pytest.mark.parametrize(
    ("notify", "words"),
    [
        (Notify(command=("/there/is/no/such/program",)), "No such file"),
        (Notify(mail=mail(server="127.0.0.1:9")), "refused"),
        (Notify(webhook=Webhook(address="http://127.0.0.1:9/secret")), "cannot be reached"),
        (Notify(webhook=Webhook(address_variable="NO_SUCH_VARIABLE")), "NO_SUCH_VARIABLE is not set"),
    ],
)
def test_who_cannot_be_told_is_named_with_the_reason(tmp_path: Path, notify: Notify, words: str) -> None:
    told, failed = tell(notify, SUMMARY, tmp_path)
    assert told == []
    (why,) = failed.values()
    assert words in why
    assert "secret" not in why


def test_a_program_that_fails_and_a_hook_that_refuses_do_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tuple(program(tmp_path, "import sys; sys.exit('it is broken')"))
    with web(302, Location="http://127.0.0.1:9/") as (address, _), post_office() as (server, letters):
        notify = Notify(command=failing, mail=mail(server=server, encrypted=False), webhook=Webhook(address=address))
        told, failed = tell(notify, SUMMARY, tmp_path)
    assert told == ["mail"]
    assert len(letters) == 1
    assert "ended with 1: it is broken" in failed["command"]
    assert failed["webhook"] == "the server answers 302"
    monkeypatch.setenv("OUR_HOOK", "http://example.org/unsafe")
    assert (
        "no https address"
        in tell(Notify(webhook=Webhook(address_variable="OUR_HOOK")), SUMMARY, tmp_path)[1]["webhook"]
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[notify]\ncomand = ['x']\n", "[notify] comand: there is no such field"),
        ("[notify]\ncommand = 'rm x'\n", "[notify] command"),
        ("[notify.mail]\nto = []\nsender = 'a@b.c'\n", "[notify] mail, to"),
        ("[notify.mail]\nto = ['a@b.c, d@e.f']\nsender = 'a@b.c'\n", "[notify] mail, to, number 1"),
        ("[notify.mail]\nto = ['a@b.c']\nsender = 'a@b.c'\nuser = 'u'\n", "a user logs in to a server"),
        ("[notify.webhook]\naddress = 'http://example.org/x'\n", "[notify] webhook, address"),
        ("[notify.webhook]\n", "either an address or an address_variable"),
    ],
)
def test_a_section_that_cannot_be_is_named(workspace: Workspace, text: str, words: str) -> None:
    (workspace.root / CONFIGURATION).write_text(text, "utf-8")
    with pytest.raises(DataError) as caught:
        find_workspace(workspace.root)
    assert words in str(caught.value)
    assert "[notify.webhook] with address, address_variable" in str(caught.value.expected)


def test_the_example_in_the_configuration_can_be_used_as_it_stands(workspace: Workspace) -> None:
    text = (workspace.root / CONFIGURATION).read_text("utf-8")
    lines = text[text.index("# [notify]") :].splitlines()
    (workspace.root / CONFIGURATION).write_text("\n".join(line.removeprefix("# ") for line in lines), "utf-8")
    found = find_workspace(workspace.root).notify
    assert found.command
    assert found.mail is not None
    assert found.webhook is not None
    assert find_workspace(workspace.root).notify == found


def updated(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, built: bool) -> Tally:
    """Update with one step, which says that it built a period."""
    (workspace.root / CONFIGURATION).write_text(config, "utf-8")
    (workspace.data / "releases.toml").write_text("", "utf-8")

    def step(_: updating.Update, tally: Tally) -> None:
        if built:
            tally.built.append(REFERENCE.id)
            tally.notes[REFERENCE.id] = ("Something was noticed.",)

    monkeypatch.setattr(updating, "_STEPS", (step,))
    journal = Journal(workspace.root / "log.jsonl")
    place = find_workspace(workspace.root)
    return updating.run(updating.Update(place, updating.Choice(), "embedded", tmp_path / "cache", journal))


def test_a_hook_is_run_after_a_new_report_alone_and_its_failure_changes_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = f"[notify]\ncommand = {json.dumps(program(tmp_path))}\n"
    assert updated(workspace, tmp_path, monkeypatch, config, built=False).exit_code == 4
    assert not (tmp_path / "said.json").exists()
    done = updated(workspace, tmp_path, monkeypatch, config, built=True)
    assert (done.exit_code, done.warnings) == (0, [])
    given = json.loads((tmp_path / "said.json").read_text("utf-8"))["given"]
    assert given["periods"][0]["notes"] == ["Something was noticed."]
    done = updated(workspace, tmp_path, monkeypatch, "[notify]\ncommand = ['/there/is/none']\n", built=True)
    assert done.exit_code == 0
    assert "nobody was told by command" in done.warnings[0]
    events = [json.loads(line)["event"] for line in (workspace.root / "log.jsonl").read_text("utf-8").splitlines()]
    assert events == ["started", "ended", "started", "notified", "ended", "started", "warned", "ended"]


def test_the_summary_names_documents_from_the_workspace_and_no_machine(workspace: Workspace) -> None:
    folder = workspace.site / "report" / REFERENCE.id
    folder.mkdir(parents=True)
    for name in ("paper.html", "results.json"):
        (folder / name).write_text("x", "utf-8")
    failed = {"2019-20": f"{workspace.root}/data: broken"}
    found = summary_of(workspace, Tally(built=[REFERENCE.id], imported=[REFERENCE.id], failed=failed))
    assert isinstance(found["periods"], list)
    (facts,) = found["periods"]
    assert facts["documents"] == [f"_site/report/{REFERENCE.id}/{name}" for name in ("paper.html", "results.json")]
    assert facts["imported"] is True
    assert (found["failed"], found["exit_code"]) == (["2019-20"], 1)
    assert REFERENCE.label in str(found["text"])
    assert "failed: 2019-20" in str(found["text"])
    assert str(workspace.root) not in json.dumps(found)
