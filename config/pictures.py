"""Pictures of the organisers' own: which kinds they may be, told by their first bytes and never by their name."""

from pathlib import Path
from typing import Literal

from config.mistakes import Wrong, quoted

Use = Literal["logo", "picture", "sponsor"]
SVG = "image/svg+xml"
_LIMITS = {
    "logo": 500_000,
    "picture": 5_000_000,
    "sponsor": 5_000_000,
}  # bytes: one stands on every page, one is fetched when a link is shared
_WORDS = {
    "logo": ("an SVG, PNG, JPEG or WebP picture", "500 kB"),
    "picture": ("a PNG, JPEG or WebP picture", "5 MB"),
    "sponsor": ("an SVG, PNG, JPEG or WebP picture", "5 MB"),
}
_ENOUGH = 4_096  # bytes of an SVG in which its first element must stand


def content_type(content: bytes) -> str | None:
    """What kind of picture these bytes are; None for none that we show."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    begin = content[:_ENOUGH].removeprefix(b"\xef\xbb\xbf").lstrip()
    return SVG if begin.startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in begin else None


def usable(path: Path, use: Use) -> Path:
    """``path``, where it is a picture that can be used so. Raises Wrong."""
    words, most = _WORDS[use]
    if not path.is_file():
        raise Wrong(f"{quoted(path)} is no file", "put it there, or name another")
    try:
        size, begin = path.stat().st_size, path.open("rb").read(_ENOUGH)
    except OSError as error:
        raise Wrong(f"cannot read {quoted(path)}: {error.strerror}", "make it readable to this user") from error
    kind = content_type(begin)
    if kind is None or (kind == SVG and use == "picture"):
        told = "is an SVG, which no network shows beside a link" if kind == SVG else f"is not {words}"
        raise Wrong(f"{quoted(path)} {told}", f"save it as {words}")
    if size > _LIMITS[use]:
        raise Wrong(f"{quoted(path)} is larger than {most}", f"make it smaller: {most} at most")
    return path
