"""Statuses and accounts as Mastodon's API shows them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Status = dict[str, Any]


def a_status(
    server: str, status_id: str, text: str, tags: Sequence[str], at: datetime, author: str, uri: str | None
) -> Status:
    """A public post of somebody's on ``server``, its hashtags linked at its end."""
    links = "".join(f' <a href="{server}/tags/{tag}" class="mention hashtag">#<span>{tag}</span></a>' for tag in tags)
    return {
        "id": status_id,
        "uri": uri or f"{server}/users/{author}/statuses/{status_id}",
        "url": f"{server}/@{author}/{status_id}",
        "created_at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "edited_at": None,
        "content": f"<p>{text}{links}</p>",
        "spoiler_text": "",
        "sensitive": False,
        "visibility": "public",
        "language": "en",
        "account": an_account(server, author),
        "media_attachments": [],
        "mentions": [],
        "tags": [{"name": tag, "url": f"{server}/tags/{tag}"} for tag in tags],
        "emojis": [],
        "reblog": None,
        "poll": None,
        "card": None,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "replies_count": 0,
        "reblogs_count": 0,
        "favourites_count": 0,
    }


def an_account(server: str, name: str) -> Mapping[str, Any]:
    """``name`` of the server's own, or ``name@home`` of another's."""
    user, _, home = name.partition("@")
    return {
        "id": f"1{sum(name.encode())}",
        "username": user,
        "acct": name,
        "display_name": user.title(),
        "uri": f"{server}/users/{name}",
        "url": f"{server}/@{name}" if not home else f"https://{home}/@{user}",
        "avatar": f"{server}/media/{user}.png",
        "avatar_static": f"{server}/media/{user}.png",
    }
