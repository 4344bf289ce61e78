"""What a server says of itself: https://docs.joinmastodon.org/entities/Instance/ (read 2026-11)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from timeline.errors import SourceUnavailable

_COMPATIBLE = re.compile(r"compatible; (\w+)")  # "2.7.2 (compatible; Akkoma 3.15.2)"
_NAMES = {"gotosocial": "GoToSocial", "pixelfed": "Pixelfed", "friendica": "Friendica"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """``local`` and ``remote`` are who may see hashtags, of its own people and of others: public,
    authenticated or disabled (4.5). ``streaming`` is where it says that its streams are.
    """

    host: str
    software: str = "mastodon"
    streaming: str | None = None
    local: str = "public"
    remote: str = "public"

    @property
    def streamless(self) -> str | None:
        """The software's name where it is one that streams no hashtags: its streams stand, and say nothing of them."""
        return _NAMES.get(self.software)

    @property
    def own_streams(self) -> bool:
        """Whether it is one that takes a token only as a web socket's protocol, and one hashtag a socket."""
        return self.software in ("pleroma", "akkoma")

    def require_open(self, *, signed_in: bool) -> None:
        """Raises SourceUnavailable where it will show us nothing under any hashtag."""
        access = (self.local, self.remote)
        if all(each == "disabled" for each in access):
            raise SourceUnavailable(f"{self.host} shows no hashtags", hint="Choose another server.")
        if not signed_in and all(each != "public" for each in access):
            raise SourceUnavailable(f"{self.host} shows hashtags to members only", hint="Give this source a token.")

    def limits(self, *, signed_in: bool) -> str | None:
        """What it keeps from us although it shows something, in words; None where it shows all it has."""
        shown = ("public", "authenticated") if signed_in else ("public",)
        kept = [word for word in (self.local, self.remote) if word not in shown]
        if not kept:
            return None
        whose = "other servers" if self.local in shown else "its own people"
        mend = " without a token" if "authenticated" in kept else ""
        return f"shows no posts of {whose}{mend}"


def read_instance(content: Any, host: str) -> Instance:
    """Read the answer of either version; what is missing is as it always was."""
    about = content if isinstance(content, Mapping) else {}
    configuration = _part(about, "configuration")
    feeds = _part(_part(configuration, "timelines_access"), "hashtag_feeds")
    streaming = _part(configuration, "urls").get("streaming") or _part(about, "urls").get("streaming_api")
    return Instance(
        host=host,
        software=_software(about),
        streaming=streaming if isinstance(streaming, str) else None,
        local=str(feeds.get("local") or "public"),
        remote=str(feeds.get("remote") or "public"),
    )


def _software(about: Mapping[str, Any]) -> str:
    version = str(about.get("version") or "")
    if named := _COMPATIBLE.search(version):
        return named[1].casefold()
    if version.startswith("0.") or "gotosocial" in str(about.get("source_url") or ""):
        return "gotosocial"  # numbered from 0.1 on, where everybody else says with what they are compatible
    return "mastodon"


def _part(about: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = about.get(name)
    return part if isinstance(part, Mapping) else {}
