"""Mistakes told to programs: problem documents (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

CONTENT_TYPE = "application/problem+json"


class BadParameter(Exception):
    """A parameter that cannot be meant: ``fix`` says in words what would do instead."""

    def __init__(self, name: str, fix: str) -> None:
        super().__init__(f"{name}: {fix}")
        self.name = name
        self.fix = fix


class Problem(msgspec.Struct, omit_defaults=True):
    """What is answered in place of what was asked for."""

    status: int
    title: str
    detail: str = ""
    parameter: str = ""
    reference: str = ""
    type: str = "about:blank"


def problem(status: int, detail: str = "", *, headers: dict[str, str] | None = None, **more: Any) -> web.Response:
    """The answer with this status; ``detail`` is one or two sentences for a person."""
    document = Problem(status=status, title=HTTPStatus(status).phrase, detail=detail, **more)
    return web.Response(status=status, body=msgspec.json.encode(document), content_type=CONTENT_TYPE, headers=headers)


def bad_parameter(error: BadParameter) -> web.Response:
    """400 that names the parameter and the fix."""
    return problem(400, f"The parameter {error.name} {error.fix}.", parameter=error.name)
