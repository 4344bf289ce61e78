"""A language nobody speaks: every message in «brackets», days and direction those of Arabic."""

import gettext
import re
from html.parser import HTMLParser

from dashboard.languages import LANGUAGES, Language

TAG = "ar"
_SPOKEN = ("aria-label", "alt", "title", "placeholder", "aria-description")
_SILENT = {"script", "style", "code", "kbd", "svg"}
_VOID = {"meta", "link", "img", "input", "br", "hr", "use", "path", "rect", "line", "source"}
_DATA = re.compile(r"[@#]\w+|\S+\.(?:example|com|social)\b\S*|:?//\S+|[A-Z]+\+\d+")
_LETTERS = re.compile(r"[A-Za-z]{2,}")


class Brackets(gettext.NullTranslations):
    """Says which message it is asked for."""

    def gettext(self, message):
        return f"«{message}»"

    def ngettext(self, msgid1, msgid2, n):
        return f"«{msgid1 if n == 1 else msgid2}»"

    def pgettext(self, context, message):
        return message if context == "date pattern" else f"«{message}»"


def speak(patch):
    """Add the language for one test."""
    language = Language(TAG)
    vars(language)["words"] = Brackets()
    patch.setitem(LANGUAGES, TAG, language)
    return language


def forgotten(page):
    """English words of a page that stand in no brackets, each where it stands."""
    reader = _Reader()
    reader.feed(page)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self._open = []
        self._depth = 0  # of brackets, which may hold elements

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        for name in _SPOKEN:
            self._look(given.get(name) or "", f"{tag} {name}")
        if given.get("name", given.get("property", "")).removeprefix("og:") in ("description", "title"):
            self._look(given.get("content", ""), "meta")
        if tag not in _VOID:
            self._open.append((tag, tag in _SILENT or (tag != "html" and "lang" in given)))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        kept = []
        for letter in data:
            self._depth += {"«": 1, "»": -1}.get(letter, 0)
            kept.append(letter if self._depth == 0 else " ")
        if not any(silent for _, silent in self._open):
            self._look("".join(kept), " ".join(tag for tag, _ in self._open[-2:]))

    def _look(self, text, where):
        while (bare := re.sub(r"«[^«»]*»", " ", text)) != text:
            text = bare
        if _LETTERS.search(_DATA.sub(" ", text)):
            self.found.append(f"{where}: {' '.join(text.split())[:80]}")
