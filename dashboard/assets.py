"""Style sheets, scripts, icons, the font: read once, joined, compressed once, served under the digest of them all."""

import functools
import gzip
import hashlib
import mimetypes
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import brotli
from aiohttp import web

from dashboard.compression import accepts
from dashboard.embed_settings import whole_number
from dashboard.keys import RENDERER, SITE
from dashboard.site import Site

STATIC = Path(str(files("dashboard"))) / "static"
GUARD = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For pictures that may be documents: an SVG draws itself, with no script, and reaches for nothing."""
FOR_EVER = "public, max-age=31536000, immutable"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_INDENT = re.compile(r"\n\s+")
_SCRIPT_ASIDE = re.compile(r"^[ \t]*//.*\n|^[ \t]+|[ \t]+// .*$", re.MULTILINE)
_GAIN = ("text/", "image/svg", "application/manifest")
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes out; ``packed`` by coding, best first, empty where packing gains nothing."""

    body: bytes
    packed: Mapping[str, bytes]
    content_type: str


class Assets:
    """Every file below ``static/``, the joined style sheets and the host's own logo and picture.

    ``site.css`` is all that stands in ``css/``; a folder there is a sheet of its own, loaded after it by the
    few pages that need it: ``css/wall/*.css`` is ``wall.css``.

    Addresses carry the digest of everything, as a folder: modules import each other by
    relative paths, and a browser never mixes files of two versions.
    """

    def __init__(self, site: Site) -> None:
        found = {
            str(path.relative_to(STATIC)): path.read_bytes() for path in sorted(STATIC.rglob("*")) if path.is_file()
        }
        found |= _bundles(found) | {name: _lean(body) for name, body in found.items() if name.startswith("js/")}
        self.logo, self.picture = _name("logo", site.logo), _name("picture", site.picture)
        for name, path in ((self.logo, site.logo), (self.picture, site.picture)):
            if name is not None and path is not None:
                found[name] = path.read_bytes()
        self.digest = _digest(found)
        self.modules = sorted(name for name in found if name.startswith("js/"))
        self.marks = frozenset(re.findall(r'id="n-(\w+)"', found["icons.svg"].decode()))
        self._assets = {name: _asset(name, body) for name, body in found.items()}

    def url(self, name: str) -> str:
        """Where ``name`` is served. Raises KeyError for a file that is not there."""
        self._assets[name]
        return f"/static/{self.digest}/{name}"

    def text(self, name: str) -> str:
        """What stands in ``name``. Raises KeyError for a file that is not there."""
        return self._assets[name].body.decode()

    def find(self, name: str) -> Asset | None:
        return self._assets.get(name)


async def serve(request: web.Request) -> web.Response:
    """GET /static/{digest}/{name}; under the digest of another version it is not kept: it may be another file."""
    assets = request.app[RENDERER].assets
    digest, _, name = request.match_info["path"].partition("/")
    asset = assets.find(name)
    if asset is None:
        raise web.HTTPNotFound
    headers = {"Cache-Control": FOR_EVER if digest == assets.digest else "no-cache"}
    if name in (assets.logo, assets.picture):  # the organisers' own files, not ours
        headers |= {"Content-Security-Policy": GUARD, "Cross-Origin-Resource-Policy": "cross-origin"}
    body = asset.body
    if asset.packed:
        headers["Vary"] = "Accept-Encoding"
        coding = next((coding for coding in asset.packed if accepts(request, coding)), None)
        if coding is not None:
            headers["Content-Encoding"] = coding
            body = asset.packed[coding]
    return web.Response(body=body, content_type=asset.content_type, headers=headers)


async def theme(request: web.Request) -> web.Response:
    """GET /theme.css: the host's accent, or the ``hue`` of an embed. Hue alone: contrast stays as it was measured."""
    hue = whole_number(request.query.get("hue"), most=360)
    hue = request.app[SITE].accent_hue if hue is None else hue
    return web.Response(text="" if hue is None else f":root{{--hue:{hue}}}", content_type="text/css")


def _name(name: str, path: Path | None) -> str | None:
    return f"{name}{path.suffix.lower()}" if path is not None else None


def _bundles(found: Mapping[str, bytes]) -> dict[str, bytes]:
    """The style sheets as they are served, by name, each joined of one folder."""
    folders: dict[str, list[str]] = defaultdict(list)
    for name in found:
        if name.startswith("css/"):
            folders[Path(name).parent.name].append(name)
    return {f"{'site' if folder == 'css' else folder}.css": _joined(found, names) for folder, names in folders.items()}


def _joined(found: Mapping[str, bytes], names: Iterable[str]) -> bytes:
    """Style sheets, the one that orders the layers first, without comments and indents."""
    ordered = sorted(names, key=lambda name: (name != "css/reset.css", name))
    whole = "\n".join(found[name].decode() for name in ordered)
    return _INDENT.sub("\n", _COMMENT.sub("", whole)).strip().encode()


def _lean(script: bytes) -> bytes:
    """A script without indents and comments: a fifth of what travels. No string of ours runs over lines."""
    return _SCRIPT_ASIDE.sub("", script.decode()).encode()


def _digest(found: dict[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, body in sorted(found.items()):
        whole.update(f"{name} {len(body)}\n".encode() + body)
    return whole.hexdigest()[:10]


@functools.cache
def _asset(name: str, body: bytes) -> Asset:
    """Pressing everything as small as it goes takes a fifth of a second, so a process does it once."""
    kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = {"br": brotli.compress(body), "gzip": gzip.compress(body, 9, mtime=0)} if kind.startswith(_GAIN) else {}
    return Asset(body=body, packed=packed, content_type=kind)
