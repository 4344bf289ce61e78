"""What one client asked of the Jetstream stand-in, and the frames it gets."""

import json
from datetime import datetime
from typing import Any

import zstandard

from collector.jetstream_zstd import FROZEN

KINDS = ("commit", "identity", "account", "sync")

Event = dict[str, Any]


class Wishes:
    """What one client asked for."""

    def __init__(self, frozen: bool, query: Any, dictionary: bytes | None) -> None:
        self.frozen = frozen
        self.kinds = query.getall("kinds", list(KINDS)) if not frozen else list(KINDS[:3])
        self.collections = query.getall("wantedCollections" if frozen else "collections", [])
        self.replays = "cursor" in query
        packs = query.get("compress") == "true" if frozen else "zstdDictionary" in query
        content = (FROZEN.read_bytes() if frozen else dictionary) if packs else None
        self.packer = None
        if content is not None:
            self.packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(content))

    def wants(self, event: Event) -> bool:
        """Of commits alone those of a collection; what happens to accounts comes to everybody on v1."""
        kind = event["$type"].rpartition("#")[2]
        return kind in self.kinds and (
            kind != "commit" or not self.collections or event["collection"] in self.collections
        )

    def frame(self, event: Event) -> str:
        return json.dumps(as_v1(event), ensure_ascii=False, separators=(",", ":")) if self.frozen else frame_v2(event)


def as_v1(event: Event) -> Event:
    """The same event as the frozen wire has it."""
    kind = event["$type"].rpartition("#")[2]
    about = {"did": event["did"], "time_us": micros(event), "kind": kind}
    if kind == "commit":
        names = ("rev", "operation", "collection", "rkey", "record", "cid")
        return about | {"commit": {name: event[name] for name in names if name in event}}
    return about | {kind: event[kind]} if kind in event else about


def micros(event: Event) -> int:
    return int(datetime.fromisoformat(event["witnessedAt"]).timestamp() * 1_000_000)


def frame_v2(payload: Event) -> str:
    """As Go's encoder writes it: no spaces, letters as they are."""
    return json.dumps({"$type": "message", "payload": payload}, ensure_ascii=False, separators=(",", ":"))
