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


def is_watched() -> bool:
    """Whether somebody sits at a terminal and sees what we say."""
    return sys.stderr.isatty()


def is_asked() -> bool:
    """Whether somebody sits at a terminal and can answer."""
    return sys.stdin.isatty()
