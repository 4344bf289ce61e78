"""One foreign picture made ours, or refused."""

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from collector.ledger import FetchedMedia
from collector.pictures import AVATAR_PX, PICTURE_PX, NoPicture, remake

RED, BLUE = (220, 30, 30), (30, 30, 220)


def a_picture(
    form: str = "PNG", size: tuple[int, int] = (64, 32), colour: Any = RED, mode: str = "RGB", **more: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, form, **more)
    return out.getvalue()


def opened(made: FetchedMedia) -> Image.Image:
    assert made.content_type == "image/webp"
    picture = Image.open(io.BytesIO(made.content))
    assert (picture.format, picture.size) == ("WEBP", (made.width, made.height))
    return picture


def near(colour: Any, wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(colour, wanted, strict=False))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_every_kind_becomes_webp_of_our_own(form):
    picture = opened(remake(a_picture(form), "picture"))
    assert picture.size == (64, 32)
    assert near(picture.convert("RGB").getpixel((5, 5)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_way_of_storing_colours_is_understood(mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert opened(remake(a_picture(form, mode=mode, colour=0), "picture")).size == (64, 32)


def test_a_large_picture_is_made_smaller_and_a_small_one_left_alone():
    assert opened(remake(a_picture("JPEG", (4_000, 1_000)), "picture")).size == (PICTURE_PX, 400)
    assert opened(remake(a_picture("JPEG", (30, 900)), "picture")).size == (30, 900)


def test_an_avatar_is_cropped_square_around_its_middle():
    wide = Image.new("RGB", (300, 100), BLUE)
    wide.paste(RED, (100, 0, 200, 100))
    out = io.BytesIO()
    wide.save(out, "PNG")
    avatar = opened(remake(out.getvalue(), "avatar")).convert("RGB")
    assert avatar.size == (AVATAR_PX, AVATAR_PX)
    assert near(avatar.getpixel((8, 48)), RED)
    assert near(avatar.getpixel((88, 48)), RED)


def test_a_picture_is_turned_upright_and_tells_nothing_of_its_maker():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    made = remake(a_picture("JPEG", (64, 32), exif=exif, comment=b"secret"), "picture")
    picture = opened(made)
    assert picture.size == (32, 64)
    assert (dict(picture.getexif()), b"camera" in made.content, b"secret" in made.content) == ({}, False, False)


def test_colours_stay_what_their_profile_meant():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = opened(remake(a_picture("JPEG", icc_profile=profile), "picture"))
    assert near(picture.convert("RGB").getpixel((5, 5)), RED)
    assert "icc_profile" not in picture.info
    assert opened(remake(a_picture("PNG", icc_profile=b"no profile"), "picture")).size == (64, 32)


def test_of_one_that_moves_the_first_picture_is_kept():
    still = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    out = io.BytesIO()
    still[0].save(out, "GIF", save_all=True, append_images=still[1:])
    picture = opened(remake(out.getvalue(), "picture"))
    assert getattr(picture, "n_frames", 1) == 1
    assert near(picture.convert("RGB").getpixel((5, 5)), RED)


def test_what_can_be_seen_through_stays_so():
    picture = opened(remake(a_picture("PNG", mode="RGBA", colour=(0, 0, 0, 0)), "picture"))
    assert picture.convert("RGBA").getpixel((5, 5))[3] == 0


def claimed(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is ``width`` by ``height``."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "is no JPEG"),
        (b"<html>", "is no JPEG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "is no JPEG"),
        (a_picture("TIFF"), "is no JPEG"),
        (a_picture("PNG")[:60], "is damaged"),
        (a_picture("JPEG", (400, 400))[:300], "is damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "is damaged"),
        (claimed(6_000, 6_000), "far too many pixels"),
        (claimed(60_000, 60_000), "far too many pixels"),
        (a_picture("GIF", (1, 1)), "too small"),
        (a_picture("PNG", (600, 1)), "too small"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(content, reason):
    with pytest.raises(NoPicture, match=reason):
        remake(content, "picture")


PICTURES = {form: a_picture(form, (40, 40)) for form in ("PNG", "JPEG", "GIF", "WEBP", "AVIF")}


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "AVIF"]), st.data())
def test_a_damaged_picture_is_shown_or_refused_and_nothing_else(form, data):
    body = bytearray(PICTURES[form])
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = remake(bytes(body[: data.draw(st.integers(1, len(body)))]), "picture")
    except NoPicture:
        return
    assert made.content_type == "image/webp"
