"""A post's words as an entry of a feed carries them: a title, and markup that needs nothing of ours to be read."""

from html import escape

from dashboard.filters import mark_phrase, quoted_address
from dashboard.languages import gettext
from dashboard.site import Site
from timeline.item import Item
from timeline.link import web_address
from timeline.post import Media, Post
from timeline.quotation import Quotation
from timeline.text import paragraphs

TITLE = 90  # characters of a post in its title
EXCERPT = 400  # of an article: the rest is its author's page
WHOLE = 5_000  # of a post
_QUOTED = 300


def title(item: Item) -> str:
    """Who, and how it begins: the phrase of a highlight, an article's own title, the first words of a post."""
    post = item.post
    if post.content_warning:
        return gettext(
            "%(name)s: content warning, %(words)s",
            name=post.author.name, words=shortened(post.content_warning, TITLE),
        )  # fmt: skip
    if post.title and post.network == "feed":
        return post.title
    said = (item.phrase if item.highlighted_at else "") or post.title or shortened(post.text, TITLE) or _shown(post)
    return f"{post.author.name}: {said}" if said else post.author.name


def markup(item: Item, site: Site) -> str:
    """What was said; behind a content warning nothing but the warning and the way to our page."""
    post, page = item.post, site.absolute(f"/p/{item.id}")
    if post.content_warning:
        return (
            f'<p>Content warning: {escape(post.content_warning)}</p><p><a href="{escape(page)}">Read the post</a></p>'
        )
    parts = [_said(item, page)]
    if post.sensitive and post.media:
        parts.append(_link(page, gettext("Pictures marked as sensitive by their author")))
    elif post.media:
        parts += [_picture(one, site) for one in post.media if one.key and one.kind != "audio"]
    if post.poll:
        parts.append("<ul>" + "".join(f"<li>{escape(option.text)}</li>" for option in post.poll.options) + "</ul>")
    elif post.card and not post.title and (address := web_address(post.card.url)):
        parts.append(_link(address, post.card.title))
    parts.append(_quoted(item.quotation, post))
    if item.note:
        parts.append(f"<p><em>{escape(gettext('Desk note'))}:</em> {escape(item.note)}</p>")
    return "".join(parts)


def shortened(words: str, length: int) -> str:
    """The beginning of ``words`` on one line, cut between two of them."""
    line = " ".join(words.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + "…"


def _said(item: Item, page: str) -> str:
    post = item.post
    if post.title and post.network == "feed":
        return paragraphs(shortened(post.text, EXCERPT))
    head = f"<p><strong>{escape(post.title)}</strong></p>" if post.title else ""
    if len(post.text) > WHOLE:
        return head + paragraphs(post.text[:WHOLE]) + _link(page, gettext("Read on"))
    return head + (mark_phrase(post.html, item.phrase) if item.highlighted_at and item.phrase else post.html)


def _shown(post: Post) -> str:
    return gettext("a picture") if post.media and not post.sensitive else ""


def _picture(one: Media, site: Site) -> str:
    size = f' width="{one.width}" height="{one.height}"' if one.width and one.height else ""
    return f'<p><img src="{escape(site.absolute(f"/media/{one.key}"))}" alt="{escape(one.alt)}"{size}></p>'


def _quoted(quotation: Quotation | None, post: Post) -> str:
    """The quoted words where they may stand in a card, else the way to them."""
    quoted = quotation.post if quotation else None
    if quoted and not quoted.content_warning and quoted.text:
        said = escape(shortened(quoted.text, _QUOTED))
        return f"<blockquote><p><cite>{escape(quoted.author.name)}</cite>: {said}</p></blockquote>"
    address = quoted_address(post.quotes)
    return _link(address, gettext("Quotes a post")) if address and quotation is None else ""


def _link(address: str, words: str) -> str:
    return f'<p><a href="{escape(address)}">{escape(words)}</a></p>'
