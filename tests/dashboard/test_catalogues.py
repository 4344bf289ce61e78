"""The words of other languages: complete, and with everything in them that is filled in."""

import re
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from config.settings import Site
from dashboard.languages import LANGUAGES, LOCALE, SOURCE

ROOT = Path(__file__).parent.parent.parent
OTHERS = [tag for tag in LANGUAGES if tag != SOURCE]
_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+")


def makefile(name):
    """What a variable of the Makefile holds, as arguments."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    return re.search(rf"^{name} = (.*)$", text, re.MULTILINE)[1].split()


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Everything that pages say, as ``make words`` finds it."""
    found = tmp_path_factory.mktemp("words") / "words.pot"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        CommandLineInterface().run(["pybabel", "-q", "extract", *makefile("EXTRACTING"), "-o", str(found), "dashboard"])
    return read_po(BytesIO(found.read_bytes()))


def catalogue(tag):
    with (LOCALE / tag / "LC_MESSAGES" / "backchannel.po").open("rb") as file:
        return read_po(file, locale=LANGUAGES[tag].locale)


def strings(of):
    return [of] if isinstance(of, str) else list(of)


@pytest.mark.parametrize("tag", OTHERS)
def test_a_catalogue_says_everything_that_pages_say(said, tag):
    told = catalogue(tag)
    missing = [
        message.id
        for message in said
        if message.id
        and not ((found := told.get(message.id, message.context)) and not found.fuzzy and all(strings(found.string)))
    ]
    assert missing == [], "run make words, and translate what is empty"


@pytest.mark.parametrize("tag", OTHERS)
def test_a_translation_keeps_what_is_filled_in_and_the_markup(said, tag):
    for message in catalogue(tag):
        if message.id and message.context is None:
            ours = {frozenset(_PLACE.findall(text)) for text in strings(message.id)}
            theirs = {frozenset(_PLACE.findall(text)) for text in strings(message.string)}
            assert theirs <= ours, message.id


@pytest.mark.parametrize("tag", OTHERS)
def test_a_catalogue_says_nothing_that_no_page_says_any_more(said, tag):
    assert [one.id for one in catalogue(tag) if one.id and said.get(one.id, one.context) is None] == [], (
        "run make words"
    )


def test_german_addresses_nobody():
    """It says neither the polite "Sie", which stands within a sentence, nor "du"."""
    said = [text for one in catalogue("de") if one.id for text in strings(one.string)]
    address = re.compile(r"(?<=[\w,;(] )(?:Sie|Ihnen)\b|\bIhr(?:e[mnrs]?)?\b|\bSie sind\b|\b[Dd](?:u|ein|eine)\b")
    assert [text for text in said if address.search(text)] == []


def test_a_site_can_choose_every_language_there_is():
    assert set(get_args(Site.model_fields["language"].annotation)) == set(LANGUAGES)
