"""Foreign HTML made safe, its plain text, and hashtags compared."""

import html
import re
import unicodedata

import nh3

MAX_HTML = 60_000  # characters; the longest blog entries of 200 real feeds fit, a bomb does not
MAX_TEXT = 20_000

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em", "h3", "h4", "h5", "h6",
    "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "sup", "u", "ul",
}  # fmt: skip
_CLASSES = {"mention", "hashtag", "invisible", "ellipsis"}  # Mastodon's, for shortening long links
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_NUMBER = re.compile(r"-?[0-9]{1,9}")


def is_language(tag: str) -> bool:
    """Whether ``tag`` has the form of a language tag (BCP 47), so that a page can carry it."""
    return _LANGUAGE.fullmatch(tag) is not None


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """An attribute's value where it says what such an attribute is for, else None."""
    match name:
        case "lang":
            return value if is_language(value) else None
        case "dir":
            return value.lower() if value.lower() in ("ltr", "rtl", "auto") else None
        case "start":
            return value if _NUMBER.fullmatch(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "iframe", "object", "svg", "math", "template", "noscript", "title"},
    attributes={"a": {"href"}, "ol": {"start"}, "*": {"dir", "lang"}},
    attribute_filter=_attribute,
    allowed_classes={"a": _CLASSES, "span": _CLASSES},
    url_schemes={"http", "https"},
    link_rel="nofollow noopener noreferrer ugc",
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BLOCK_END = re.compile(r"</(?:p|li|h[1-6]|blockquote|pre|dd|dt|div|tr)\s*>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{3,}")
# letters that no normal form takes apart; Mastodon folds most of them (app/lib/ascii_folding.rb, read 2026-11)
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "ŀ": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ĸ": "k", "ŋ": "n"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)
_HASHTAG = re.compile(r"(?<![\w&/])[#＃](\w*[^\W\d_]\w*)")


def clean(foreign: str) -> str:
    """A safe subset of ``foreign`` HTML: words, links and simple structure, nothing that loads or runs."""
    return _CLEANER.clean(foreign[:MAX_HTML]).strip()


def plain(markup: str) -> str:
    """The words of ``markup`` with its line breaks, without markup."""
    broken = _BLOCK_END.sub("\n\n", _BREAK.sub("\n", markup[:MAX_HTML]))
    words = html.unescape(nh3.clean(broken, tags=set(), clean_content_tags={"script", "style"}))
    lines = (_SPACES.sub(" ", line).strip() for line in words.split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()[:MAX_TEXT]


def paragraphs(text: str) -> str:
    """Plain text as HTML paragraphs, its line breaks kept."""
    blocks = (block for block in re.split(r"\n{2,}", text.strip()) if block)
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


def hashtags_in(text: str) -> tuple[str, ...]:
    """The hashtags of plain text in order, each once, without ``#``."""
    return tuple(dict.fromkeys(_HASHTAG.findall(text)))


def fold_hashtag(tag: str) -> str:
    """What two hashtags are compared by: NFKC, case, accents and barred or joined letters folded, no ``#``."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", tag.strip().lstrip("#＃")).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.translate(_LETTERS))
