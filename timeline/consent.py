"""Which signals of an author forbid showing what they said."""

from timeline.post import Author

# https://atproto.com/specs/label#global-labels (read 2026-11)
_WITHHELD = {
    "!no-unauthenticated": "the author shows posts to signed-in readers only",
    "!hide": "hidden by the network",
    "!takedown": "taken down by the network",
    "!suspend": "suspended by the network",
    "!deactivated": "the author has deactivated the account",  # ours: the network says it of accounts, not by label
}
REASONS = frozenset(_WITHHELD.values())
NOT_INDEXED = "noindex"  # ours: a Mastodon account asks search engines to stay away
AWAY = {"!suspend", "!deactivated"}  # what ends when the account is active again


def may_be_found(author: Author) -> bool:
    """Whether search engines may list what this author said."""
    return NOT_INDEXED not in author.labels


def withheld(author: Author) -> str | None:
    """Why this author's posts must not be shown, in words for staff; None where they may."""
    return next((reason for label, reason in _WITHHELD.items() if label in author.labels), None)
