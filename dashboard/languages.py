"""The languages pages speak: which there are, which a reader is given, and the words in it.

English is written in the code and the templates; ``locale/TAG/LC_MESSAGES/backchannel.po`` makes
another language of it. What is spoken belongs to the request: it is set once, by the
middleware, and everything that draws for this reader finds it (docs/decisions/0014-languages.md).
"""

import contextlib
import gettext as catalogues
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

COOKIE = "lang"
LOCALE = Path(__file__).parent / "locale"
SOURCE = "en"
_CATALOGUE = "LC_MESSAGES/backchannel.po"
_SAMPLES = (*range(201), 1_000_000)  # among these every language has a number for each of its plural forms
_MOST_ASKED = 20  # languages of one Accept-Language that are looked at


@dataclass(frozen=True, eq=False)
class Language:
    """One language; its ``tag`` names it in addresses, cookies and streams."""

    tag: str

    @cached_property
    def locale(self) -> Locale:
        """How it writes days, months and numbers."""
        return Locale.parse(self.tag, sep="-")

    @property
    def html(self) -> str:
        """For ``<html lang>``: our English is British."""
        return "en-GB" if self.tag == SOURCE else self.tag

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return self.locale.text_direction

    @property
    def name(self) -> str:
        """What its own speakers call it."""
        name = self.locale.get_display_name(self.locale) or self.tag
        return name[:1].upper() + name[1:]

    @cached_property
    def samples(self) -> dict[str, int]:
        """Each of its plural forms, as CLDR calls them, with a number that takes it."""
        return {self.locale.plural_form(number): number for number in reversed(_SAMPLES)}

    @cached_property
    def words(self) -> catalogues.NullTranslations:
        """Its catalogue, read when it is first spoken; what is missing there is said in English."""
        path = LOCALE / self.tag / _CATALOGUE
        if not path.exists():
            return catalogues.NullTranslations()
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=self.locale))
        compiled.seek(0)
        return catalogues.GNUTranslations(compiled)


def _there_are() -> dict[str, Language]:
    found = sorted(path.parent.parent.name for path in LOCALE.glob(f"*/{_CATALOGUE}"))
    return {tag: Language(tag) for tag in (SOURCE, *found)}


LANGUAGES = _there_are()
_SPOKEN: ContextVar[Language] = ContextVar("language", default=LANGUAGES[SOURCE])


def spoken() -> Language:
    """What is spoken here and now."""
    return _SPOKEN.get()


@contextlib.contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Within this, words are in the language of ``tag``; in English where there is no such language."""
    token = _SPOKEN.set(find(tag) or LANGUAGES[SOURCE])
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def find(tag: str) -> Language | None:
    """The language of a tag such as ``de``, ``de-AT`` or ``de_AT``; None where we do not speak it."""
    parts = tag.strip().lower().replace("_", "-").split("-")
    known = {name.lower(): language for name, language in LANGUAGES.items()}
    return next((known[name] for end in range(len(parts), 0, -1) if (name := "-".join(parts[:end])) in known), None)


def asked(query: Mapping[str, str], cookies: Mapping[str, str], header: str, usual: str) -> Language:
    """Whom a reader understands: ``?lang=`` for this page, else what they chose, what their browser says, the site's.

    ``header`` is ``Accept-Language``.
    """
    for tag in (query.get("lang", ""), cookies.get(COOKIE, ""), *_preferred(header), usual):
        if found := find(tag):
            return found
    return LANGUAGES[SOURCE]


def is_language(tag: str) -> bool:
    """Whether we speak it, in just these letters."""
    return tag in LANGUAGES


def gettext(message: str, **values: Any) -> str:
    """``message`` in the language spoken, its ``%(name)s`` filled in."""
    return _SPOKEN.get().words.gettext(message) % values


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """The form that goes with ``number``, which is ``%(num)s`` unless that is given."""
    return _SPOKEN.get().words.ngettext(one, many, number) % ({"num": number} | values)


def pgettext(context: str, message: str, **values: Any) -> str:
    """``message`` where its ``context`` tells it from the same words elsewhere."""
    return _SPOKEN.get().words.pgettext(context, message) % values


def later(*message: str) -> tuple[str, ...]:
    """Names a message, with its plural where it has one, that is looked up elsewhere."""
    return message


def plurals(one: str, many: str) -> Markup:
    """Every form of a count as attributes (``data-one``, ``data-other``) that scripts choose from; ``{num}`` stays."""
    language = spoken()
    told = {kind: language.words.ngettext(one, many, number) for kind, number in language.samples.items()}
    return Markup(" ").join(Markup(f'data-{kind}="{escape(words)}"') for kind, words in sorted(told.items()))  # noqa: S704


# What templates call: they fill the values in by themselves.
def message(text: str) -> str:
    return _SPOKEN.get().words.gettext(text)


def counted_message(one: str, many: str, number: int) -> str:
    return _SPOKEN.get().words.ngettext(one, many, number)


def message_in(context: str, text: str) -> str:
    return _SPOKEN.get().words.pgettext(context, text)


def counted_message_in(context: str, one: str, many: str, number: int) -> str:
    return _SPOKEN.get().words.npgettext(context, one, many, number)


def _preferred(header: str) -> list[str]:
    """The tags of ``Accept-Language``, most wanted first; what cannot be read is left out."""
    weighed = []
    for part in header.split(",")[:_MOST_ASKED]:
        tag, _, weight = part.partition(";")
        with contextlib.suppress(ValueError):
            wanted = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
            if wanted > 0:
                weighed.append((wanted, tag))
    return [tag for _, tag in sorted(weighed, key=lambda each: -each[0])]
