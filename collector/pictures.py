"""One foreign picture made ours: sniffed, bounded, turned upright, stripped and written anew; runs in the worker.

Nothing foreign is ever served byte for byte: what leaves here is WebP of our own making.
"""

import io
from typing import Literal

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from collector.ledger import FetchedMedia
from timeline.errors import BackchannelError

PICTURE_PX = 1_600  # the long side: a card at twice the density of the widest column
AVATAR_PX = 96  # 48 on the page
QUALITY = 80
MOST_PIXELS = 30_000_000  # 120 MB once unpacked
MOST_PIXELS_JPEG = 64_000_000  # a telephone's 50 million; JPEG is made smaller while it is unpacked
LEAST_PX = 8  # anything smaller counts visitors and shows nothing

_KINDS = (
    ("JPEG", 0, b"\xff\xd8\xff"),
    ("PNG", 0, b"\x89PNG\r\n\x1a\n"),
    ("GIF", 0, b"GIF87a"),
    ("GIF", 0, b"GIF89a"),
    ("WEBP", 8, b"WEBP"),
    ("AVIF", 4, b"ftypavif"),
    ("AVIF", 4, b"ftypavis"),
)
Image.MAX_IMAGE_PIXELS = MOST_PIXELS_JPEG  # for pictures inside pictures; each is judged by its own kind below


class NoPicture(BackchannelError):
    """These bytes are no picture that we show; says why, to follow "the picture"."""


def remake(content: bytes, shape: Literal["picture", "avatar"]) -> FetchedMedia:
    """The picture as WebP: an avatar cropped square, anything else whole; the first frame of one that moves.

    Raises NoPicture.
    """
    kind = next((name for name, at, mark in _KINDS if content.startswith(mark, at)), None)
    if kind is None:
        raise NoPicture("is no JPEG, PNG, GIF, WebP or AVIF")
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as foreign:
            return _written(_shaped(foreign, kind, shape))
    except NoPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NoPicture("unpacks to far too many pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, IndexError, KeyError, TypeError) as error:
        raise NoPicture("is damaged") from error


def _shaped(foreign: Image.Image, kind: str, shape: Literal["picture", "avatar"]) -> Image.Image:
    if foreign.width * foreign.height > (MOST_PIXELS_JPEG if kind == "JPEG" else MOST_PIXELS):
        raise NoPicture("unpacks to far too many pixels")
    if min(foreign.size) < LEAST_PX:
        raise NoPicture("is too small to show anything")
    see_through = foreign.mode in ("RGBA", "LA", "PA") or "transparency" in foreign.info
    image = (
        foreign if foreign.mode in ("RGB", "RGBA", "L", "CMYK") else foreign.convert("RGBA" if see_through else "RGB")
    )
    # Made small first and in place: every later step makes a copy.
    side = PICTURE_PX if shape == "picture" else 4 * AVATAR_PX
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    image = _in_srgb(ImageOps.exif_transpose(image)).convert("RGBA" if see_through else "RGB")
    if shape == "avatar":
        return ImageOps.fit(image, (AVATAR_PX, AVATAR_PX), Image.Resampling.LANCZOS)
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours as they are meant, once the profile that says so is left out."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, meant, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile: shown as if there were none


def _written(image: Image.Image) -> FetchedMedia:
    image.info.clear()
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=4)
    return FetchedMedia(content=out.getvalue(), content_type="image/webp", width=image.width, height=image.height)
