"""The one door out: every request to another host goes through here.

It says who we are, waits only so long, takes in only so much, refuses private addresses
unless allowed, and turns every failure into ``SourceUnavailable`` in plain words.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer read whole: ``headers`` by lower-case name, ``url`` after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http:
    """The door; one for the process, opened and closed by the composition root."""
