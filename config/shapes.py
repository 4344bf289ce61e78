"""The checks of ``config.values`` as pydantic takes them: each fault keeps its own words and fix."""

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from config import pictures, values
from config.mistakes import Wrong, quoted

_Given = ParamSpec("_Given")
_Meant = TypeVar("_Meant")


def _shape(check: Callable[_Given, _Meant]) -> Callable[_Given, _Meant]:
    @wraps(check)
    def checked(*args: _Given.args, **kwargs: _Given.kwargs) -> _Meant:
        try:
            return check(*args, **kwargs)
        except Wrong as wrong:
            raise PydanticCustomError("wrong", "{fault}; {fix}", {"fault": wrong.fault, "fix": wrong.fix}) from wrong

    return checked


day_or_time = _shape(values.day_or_time)
zone_name = _shape(values.zone_name)
size_bytes = _shape(values.size_bytes)
slug = _shape(values.slug)
hashtag = _shape(values.hashtag)
web_address = _shape(values.web_address)
proxy = _shape(values.proxy)
link = _shape(values.link)
email = _shape(values.email)


@_shape
def site_address(text: str) -> str:
    """Where the site is: a host, without a path, because pages stand at its root."""
    parts = urlsplit(values.address(text, "https", "http"))
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise Wrong(f"{quoted(text)} has more than a host", 'write it like "https://live.example.org"')
    return f"{parts.scheme}://{parts.netloc}"


@_shape
def beside_the_file(path: Path, info: ValidationInfo) -> Path:
    """Relative paths are relative to the configuration file."""
    return values.beside(path, info.context["folder"]) if info.context else path


@_shape
def logo(path: Path) -> Path:
    """A picture that can stand at the head of a page."""
    return pictures.usable(path, "logo")


@_shape
def sponsor(path: Path) -> Path:
    """A picture that can fill a wall for a while."""
    return pictures.usable(path, "sponsor")


@_shape
def picture(path: Path) -> Path:
    """A picture that can stand beside a link somewhere else."""
    return pictures.usable(path, "picture")


@_shape
def file_or_address(text: str, info: ValidationInfo) -> str:
    """An address, or a path made whole."""
    if "://" in text:
        return values.address(text, "https", "http")
    return str(values.beside(Path(text), info.context["folder"])) if info.context else text


@_shape
def database(url: str, info: ValidationInfo) -> str:
    """The address of the database; that of an SQLite file is made whole."""
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///") and ":memory:" not in url:
        path = Path(url.removeprefix("sqlite:///"))
        return f"sqlite:///{values.beside(path, info.context['folder'])}" if info.context else url
    if url.startswith("postgresql://"):
        return url
    raise Wrong(
        "this is no database we know", 'write "sqlite:///backchannel.db" or "postgresql://user@host/db"'
    )  # without the value: it may hold a password


def several(value: Any) -> Any:
    """A list, where one text stands for a list of one, and in the environment for words between commas."""
    if not isinstance(value, str):
        return value
    return (
        _json(value) if value.lstrip().startswith("[") else [word for word in map(str.strip, value.split(",")) if word]
    )


def table(value: Any) -> Any:
    """A table; in the environment one is written as JSON."""
    return _json(value) if isinstance(value, str) else value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
