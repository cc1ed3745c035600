"""Who is told of a new report, and how: the section ``[notify]`` of iapt-report.toml."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

# Somewhere else on the network only where nobody can read it on the way.
_SAFE = r"^(https://[^\s/]+(/\S*)?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?(/\S*)?)$"
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
MailAddress = Annotated[str, Field(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$")]


class Mail(BaseModel):
    """A message by mail.

    Parameters
    ----------
    to : tuple of str
    sender : str
    server : str
        A host, or ``host:port``, that speaks SMTP; without it, the program sendmail of this machine is called.
    user : str
        Who to log in as; the password is in an environment variable.
    password_variable : str
        Its name.
    encrypted : bool
        Whether the connection is turned into an encrypted one (STARTTLS; on port 465 it is one from the start). A
        password is never sent without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: tuple[MailAddress, ...] = Field(min_length=1)
    sender: MailAddress
    server: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+(:[0-9]{1,5})?$")] | None = None
    user: str = ""
    password_variable: Variable = "IAPT_REPORT_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
    encrypted: StrictBool = True

    @model_validator(mode="after")
    def _keeps_its_password(self) -> Mail:
        if self.user and not (self.server and self.encrypted):
            raise ValueError("a user logs in to a server, and encrypted")
        return self


class Webhook(BaseModel):
    """A message to an address on the web.

    Parameters
    ----------
    address : str
        Beginning with https.
    address_variable : str
        In place of it, the name of an environment variable that holds it, where it is a secret.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[str, Field(pattern=_SAFE)] | None = None
    address_variable: Variable | None = None

    @model_validator(mode="after")
    def _has_one_address(self) -> Webhook:
        if (self.address is None) == (self.address_variable is None):
            raise ValueError("there is to be either an address or an address_variable")
        return self


class Notify(BaseModel):
    """What is done after a new report; nothing by default.

    Parameters
    ----------
    command : tuple of str
        A program and its arguments, run without a shell in the workspace. It gets the summary as JSON on its standard
        input, and in words in the environment variable ``IAPT_REPORT_SUMMARY``.
    mail : Mail or None
    webhook : Webhook or None
        Gets the JSON, in which ``text`` has the words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    mail: Mail | None = None
    webhook: Webhook | None = None


def is_safe(address: str) -> bool:
    """Whether a message may be sent to an address."""
    return re.fullmatch(_SAFE, address) is not None
