"""Style sheets that serve both directions of writing."""

import re

import pytest

from dashboard.assets import STATIC

SHEETS = sorted(STATIC.glob("css/**/*.css"))
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SIDED = re.compile(
    r"(?:^|[\s;{-])(?:left|right)\s*:"  # left: …, margin-left: …
    r"|(?<!-)-(?:left|right)-"  # border-left-color, border-top-left-radius
    r"|(?:text-align|float|clear|caption-side|justify-\w+|transform-origin|background-position)\s*:[^;}]*\b(?:left|right)\b"
    r"|\bto (?:left|right)\b"
)
_FOUR = re.compile(r"(?:^|[\s;{])(margin|padding|inset|border-(?:width|style|color))\s*:\s*([^;}]+)")
_ROUND = re.compile(r"(?:^|[\s;{])border-radius\s*:\s*([^;}/]+)")
_PART = re.compile(r"(?:[^\s(]+\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s]+)")


def sided(sheet):
    """Declarations that say left or right."""
    found = [match[0].strip() for match in _SIDED.finditer(sheet)]
    for name, value in _FOUR.findall(sheet):
        parts = _PART.findall(value)
        if len(parts) == 4 and parts[1] != parts[3]:
            found.append(f"{name}: {value}")
    for value in _ROUND.findall(sheet):
        parts = _PART.findall(value)
        if len(parts) > 1 and _lopsided(parts):
            found.append(f"border-radius: {value}")
    return found


def _lopsided(parts):
    first, second, third, fourth = parts + parts[:2] if len(parts) == 2 else [*parts, parts[1]][:4]
    return first != second or third != fourth


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: str(path.relative_to(STATIC)))
def test_a_style_sheet_says_start_and_end_instead_of_left_and_right(path):
    assert sided(_COMMENT.sub("", path.read_text())) == []


@pytest.mark.parametrize(
    "sheet",
    [
        "a { left: 0 }", "a{margin-left:1px}", "a { text-align: right }", "a { padding: 1px 2px 3px 4px }",
        "a { float: left }", "a { border-top-left-radius: 2px }", "a { inset: 0 auto 0 calc(1px + 2px) }",
        "a { border-radius: 8px 0 0 8px }", "a { background: linear-gradient(to right, red, blue) }",
    ],
)  # fmt: skip
def test_what_is_meant_for_one_direction_is_found(sheet):
    assert sided(sheet) != []


@pytest.mark.parametrize(
    "sheet",
    [
        "a { inset-inline-start: 0 }", "a { padding: 1px 2px }", "a { padding: 1px 2px 3px 2px }",
        "a { margin: 0 auto }", "a { text-align: start }", "a { border-radius: 8px 8px 0 0 }", "a { --left-over: 1px }",
    ],
)  # fmt: skip
def test_what_serves_both_directions_is_left_alone(sheet):
    assert sided(sheet) == []
