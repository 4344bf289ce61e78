"""What people read: messages on stderr, so that stdout holds data alone."""

import json
import sys
from typing import Any

import typer

from timeline.errors import BackchannelError


class Refused(BackchannelError):
    """Something cannot be done as asked: one sentence with the next step."""


def say(message: str) -> None:
    """One line for a person."""
    typer.echo(message, err=True)


def tell(data: str) -> None:
    """One line of data."""
    typer.echo(data)


def tell_json(data: Any) -> None:
    """Data for programs."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def with_hint(reason: str, hint: str | None) -> str:
    """What is wrong with a source, and the next step if there is one."""
    return f"{reason}. {hint}" if hint else reason


def counted(number: int, thing: str) -> str:
    """``1 post``, ``2 posts``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def is_watched() -> bool:
    """Whether somebody sits at a terminal and sees what we say."""
    return sys.stderr.isatty()


def can_be_asked() -> bool:
    """Whether somebody sits at a terminal and can answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str) -> None:
    """Go on only after a yes. Ends the command with status 1 after a no, and 2 where nobody can be asked."""
    if not can_be_asked():
        say(f"{question} Nobody can be asked here: nothing was done. Give --yes if that is meant.")
        raise typer.Exit(2)
    if not typer.confirm(question, err=True):
        say("Nothing was done.")
        raise typer.Exit(1)
