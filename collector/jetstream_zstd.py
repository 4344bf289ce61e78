"""Jetstream's frames as zstd with a dictionary: half the traffic, for 2 µs a frame.

v2 hands its dictionary out (network.bsky.jetstream.getZstdDictionary); v1's is frozen and
comes with us: ``jetstream_v1.dict``, from https://github.com/bluesky-social/jetstream (MIT or
Apache 2.0, its notice in ``jetstream_v1.dict.LICENSE``). A host that offers none, or sends
what no dictionary of ours fits, is listened to without.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

import zstandard

from collector.http import MEGABYTE, Http
from collector.jetstream_position import V1
from collector.refusals import IF_IT_LASTS, Refused
from timeline.errors import SourceUnavailable

MAGIC = b"\x28\xb5\x2f\xfd"
LIMIT_BYTES = 4 * MEGABYTE  # of one frame once it is unpacked, as of one that comes plain
TOGETHER_BYTES = 64 * MEGABYTE  # of a handful: 4,000 frames of the usual size come to five
METHOD = "/xrpc/network.bsky.jetstream.getZstdDictionary"
FROZEN = Path(__file__).with_name("jetstream_v1.dict")
_DICTIONARY = b"\x37\xa4\x30\xec"
_PLAIN = b""  # in place of a garbled frame: read as one that is not as agreed, and counted


class WrongDictionary(SourceUnavailable):
    """The host packs with another dictionary than the one it was asked to."""


class Dictionary:
    """One dictionary, ready to unpack with. Raises ValueError where the bytes are none."""

    def __init__(self, content: bytes) -> None:
        if not content.startswith(_DICTIONARY) or len(content) < 8:
            raise ValueError("no zstd dictionary")
        self.id = int.from_bytes(content[4:8], "little")
        try:
            self._unpacker = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(content))
        except zstandard.ZstdError as error:
            raise ValueError("no zstd dictionary") from error

    def unpack(self, frames: Sequence[bytes]) -> list[bytes]:
        """Each frame as it was before packing, plain ones as they are; what cannot be unpacked is empty.

        Raises WrongDictionary, or SourceUnavailable where all of them together come to more than is sane.
        """
        found: list[bytes] = []
        weight = 0
        for frame in frames:
            found.append(self._unpacked(frame) if frame.startswith(MAGIC) else frame)
            weight += len(found[-1])
            if weight > TOGETHER_BYTES:
                raise SourceUnavailable("the host sends what unpacks to more than we take", hint=IF_IT_LASTS)
        return found

    def _unpacked(self, frame: bytes) -> bytes:
        try:
            if zstandard.frame_content_size(frame) > LIMIT_BYTES:  # it would be believed, whatever the limit below
                return _PLAIN
            return self._unpacker.decompress(frame, max_output_size=LIMIT_BYTES)
        except zstandard.ZstdError as error:
            if self._is_for_another(frame):
                raise WrongDictionary("the host packs with a dictionary we do not have") from error
            return _PLAIN

    def _is_for_another(self, frame: bytes) -> bool:
        try:
            return zstandard.get_frame_parameters(frame).dict_id not in (0, self.id)
        except zstandard.ZstdError:
            return False


@cache
def frozen() -> Dictionary:
    """The dictionary of the v1 wire, which will never change."""
    return Dictionary(FROZEN.read_bytes())


_known: WeakKeyDictionary[Http, dict[tuple[str, str], Dictionary | None]] = WeakKeyDictionary()


async def dictionary_of(http: Http, host: str, wire: str) -> Dictionary | None:
    """What to ask ``host`` to pack with; None where it offers nothing."""
    known = _known.setdefault(http, {})
    if (host, wire) not in known:
        if wire == V1:
            known[host, wire] = frozen()
        else:
            await _fetch(http, host, known, (host, wire))
    return known.get((host, wire))


def forget(http: Http, host: str, wire: str) -> None:
    """The host did not want the dictionary: it may hand out another one next time."""
    _known.get(http, {}).pop((host, wire), None)


def do_without(http: Http, host: str, wire: str) -> None:
    """The host and we cannot agree on one: plain frames from now on."""
    _known.setdefault(http, {})[host, wire] = None


async def _fetch(
    http: Http, host: str, known: dict[tuple[str, str], Dictionary | None], place: tuple[str, str]
) -> None:
    try:
        answer = await http.get("http" + host.removeprefix("ws") + METHOD, limit_bytes=MEGABYTE, timeout_s=5.0)
        known[place] = Dictionary(answer.body)
    except Refused as error:
        if error.status < 500:
            known[place] = None  # it has none to give
    except ValueError:
        known[place] = None
    except SourceUnavailable:
        pass  # asked again with the next connection
