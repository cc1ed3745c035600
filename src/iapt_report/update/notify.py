"""Who wants to know of a new report is told."""

from __future__ import annotations

import json
import os
import shutil
import smtplib
import ssl
import subprocess
import threading
from email.message import EmailMessage
from typing import TYPE_CHECKING

from iapt_report import __version__
from iapt_report.system import programs
from iapt_report.update.downloading import USER_AGENT
from iapt_report.workspace.notify import is_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from iapt_report.workspace.notify import Mail, Notify, Webhook

SUMMARY_VARIABLE = "IAPT_REPORT_SUMMARY"
_SECONDS = 60
_SMTP_TLS_PORT = 465
_SENDMAIL = ("sendmail", "/usr/sbin/sendmail", "/usr/lib/sendmail")


class NotToldError(Exception):
    """Somebody could not be told, for a reason in words."""


def tell(
    notify: Notify, summary: Mapping[str, object], root: Path, *, seconds: float = _SECONDS
) -> tuple[list[str], dict[str, str]]:
    """Tell everybody that a workspace names of new reports.

    Parameters
    ----------
    notify : Notify
    summary : mapping
        As `iapt_report.update.updating.summary_of` gives it; ``text`` has it in words.
    root : Path
        The workspace.
    seconds : float
        How long each way may take in all, also where a server answers a byte at a time.

    Returns
    -------
    told : list of str
        What was done: "command", "mail", "webhook".
    failed : dict of str to str
        What was not, and why.
    """
    ways: dict[str, Callable[[], None]] = {}
    if notify.command:
        ways["command"] = lambda: _run(notify.command, summary, root, seconds)
    if mail := notify.mail:
        ways["mail"] = lambda: _in_time(lambda: _send(mail, summary, seconds), seconds)
    if webhook := notify.webhook:
        ways["webhook"] = lambda: _in_time(lambda: _post(webhook, summary, seconds), seconds)
    told, failed = [], {}
    for name, way in ways.items():
        try:
            way()
        except (NotToldError, OSError, smtplib.SMTPException, subprocess.SubprocessError, ValueError) as error:
            failed[name] = _short(str(error) or type(error).__name__)
        else:
            told.append(name)
    return told, failed


def _in_time(way: Callable[[], None], seconds: float) -> None:
    """Do something in a thread, which is left to itself when time is up: no limit of a single read notices drops."""
    ended: list[BaseException | None] = []

    def work() -> None:
        try:
            way()
        except BaseException as error:
            ended.append(error)
        else:
            ended.append(None)

    worker = threading.Thread(target=work, name="notify", daemon=True)
    worker.start()
    worker.join(seconds)
    if not ended:
        raise NotToldError(f"it was not done in {seconds:g} seconds")
    if ended[0] is not None:
        raise ended[0]


def message(mail: Mail, summary: Mapping[str, object]) -> EmailMessage:
    """Write the mail: the words, with the JSON attached."""
    letter = EmailMessage()
    letter["Subject"] = _short(str(summary["summary"]))
    letter["From"] = mail.sender
    letter["To"] = ", ".join(mail.to)
    letter["User-Agent"] = f"iapt-report/{__version__}"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(str(summary["text"]))
    letter.add_attachment(_json(summary), maintype="application", subtype="json", filename="summary.json")
    return letter


def _run(command: tuple[str, ...], summary: Mapping[str, object], root: Path, seconds: float) -> None:
    done = programs.run(
        command,
        input=_json(summary),
        cwd=root,
        env={**os.environ, SUMMARY_VARIABLE: str(summary["text"])},
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", errors="replace").strip()
        raise NotToldError(f"{command[0]} ended with {done.returncode}{f': {said}' if said else ''}")


def _send(mail: Mail, summary: Mapping[str, object], seconds: float) -> None:
    letter = message(mail, summary)
    if mail.server is None:
        program = next((found for name in _SENDMAIL if (found := shutil.which(name))), None)
        if program is None:
            raise NotToldError("there is no program sendmail here; name a server")
        done = programs.run(
            [program, "-i", "-t"], input=letter.as_bytes(), capture_output=True, timeout=seconds, check=False
        )
        if done.returncode:
            raise NotToldError(f"sendmail ended with {done.returncode}")
        return
    host, _, port = mail.server.partition(":")
    from_the_start = port == str(_SMTP_TLS_PORT)
    context = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, int(port), timeout=seconds, context=context)
        if from_the_start
        else smtplib.SMTP(host, int(port or 0), timeout=seconds)
    ) as server:
        if mail.encrypted and not from_the_start:
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, _variable(mail.password_variable))
        server.send_message(letter)


def _post(webhook: Webhook, summary: Mapping[str, object], seconds: float) -> None:
    import requests

    address = webhook.address or _variable(webhook.address_variable or "")
    if not is_safe(address):
        raise NotToldError(f"what the environment variable {webhook.address_variable} holds is no https address")
    try:
        answer = requests.post(
            address,
            data=_json(summary),
            headers={"Content-Type": "application/json", "User-Agent": USER_AGENT},
            timeout=seconds,
            allow_redirects=False,
            # What the server has to say beside the status is not read.
            stream=True,
        )
    except requests.RequestException as error:
        # Its words have the address in them, which can be a secret.
        raise NotToldError(f"the server cannot be reached ({type(error).__name__})") from None
    answer.close()
    if not answer.ok or answer.is_redirect:
        raise NotToldError(f"the server answers {answer.status_code}")


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise NotToldError(f"the environment variable {name} is not set")
    return value


def _json(summary: Mapping[str, object]) -> bytes:
    return json.dumps(summary, ensure_ascii=False, indent=1).encode("utf-8")


def _short(text: str) -> str:
    return " ".join(text.split())[:200]
