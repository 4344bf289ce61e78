"""Contrast is kept by construction: a host turns the hue alone, and at every hue text and buttons stay readable."""

import math
import re

import pytest

from dashboard.assets import STATIC

PAIRS = [  # text, ground, least: 7 (AAA) for what is read at length or pressed, 4.5 (AA) for asides
    ("accent-text", "surface", 7.0),
    ("accent-text", "bg", 7.0),
    ("accent-text", "raised", 7.0),
    ("accent-text", "accent-soft", 7.0),
    ("on-accent", "accent", 7.0),
    ("on-accent", "accent-2", 7.0),
    ("text", "accent-soft", 7.0),
    ("text-2", "accent-soft", 4.5),
    ("text-3", "accent-soft", 4.5),
    ("text", "accent-line", 4.5),
]
HUES = range(361)


def tokens(scheme):
    """Each token as three functions of the hue: lightness, chroma, hue."""
    css = (STATIC / "css" / "tokens.css").read_text()
    found = {}
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\(oklch\((.+?)\), oklch\((.+)\)\);", css):
        lightness, chroma, turned = (light if scheme == "light" else dark).split(" ", 2)
        by = re.fullmatch(r"calc\(var\(--hue\) ([+-]) (\d+)\)|var\(--hue\)|([\d.]+)", turned.strip())
        assert by, (name, turned)
        found[name] = (float(lightness), float(chroma), _hue(by))
    return found


def _hue(by):
    if by[3]:
        return lambda _: float(by[3])
    step = int(f"{by[1]}{by[2]}") if by[1] else 0
    return lambda hue: hue + step


def linear(lightness, chroma, hue):
    """OKLCH as linear sRGB (https://www.w3.org/TR/css-color-4/#color-conversion-code), cut off at what screens show."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return tuple(
        min(1.0, max(0.0, one))
        for one in (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
    )


def contrast(one, other):
    """WCAG's ratio."""
    lights = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def test_the_arithmetic_is_right():
    assert contrast(linear(1, 0, 0), linear(0, 0, 0)) == pytest.approx(21, abs=0.01)
    assert linear(0.6279553606, 0.2576833077, 29.2338803) == pytest.approx((1, 0, 0), abs=1e-4)  # CSS's own red


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_every_hue_can_be_read(scheme, text, ground, least):
    known = tokens(scheme)

    def drawn(name, hue):
        lightness, chroma, turned = known[name]
        return linear(lightness, chroma, turned(hue))

    worst = min((contrast(drawn(text, hue), drawn(ground, hue)), hue) for hue in HUES)
    assert worst[0] >= least, f"{text} on {ground} has {worst[0]:.2f} at hue {worst[1]}"
