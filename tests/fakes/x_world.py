"""What people say on the stand-in for X, and what of it each question gets; tests/fakes/x.py speaks of it over HTTP."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Tweet = dict[str, Any]
EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
ALWAYS = ("id", "text", "edit_history_tweet_ids")


@dataclass
class World:
    """Posts in all their versions, people, pictures, polls, and the rules of one token."""

    url: str = ""
    rules: list[dict[str, Any]] = field(default_factory=list)
    tweets: list[Tweet] = field(default_factory=list)  # every version, oldest first
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    polls: dict[str, dict[str, Any]] = field(default_factory=dict)
    _count: int = 0

    def author(self, username: str = "ada", **more: Any) -> dict[str, Any]:
        """Somebody with an account."""
        known = self.users.setdefault(
            username,
            {
                "id": str(1_000 + len(self.users)),
                "username": username,
                "name": username.title(),
                "protected": False,
                "profile_image_url": f"{self.url}/pictures/{username}_normal.jpg",
            },
        )
        known.update(more)
        return known

    def post(
        self,
        text: str = "Hello #pyconf",
        *,
        author: str = "ada",
        at: datetime | None = None,
        live: bool = True,
        **more: Any,
    ) -> Tweet:
        """Somebody says something; who listens hears it, unless it is not ``live``."""
        at = at or datetime.now(UTC)
        self._count += 1
        tweet_id = str(((at - EPOCH) // timedelta(milliseconds=1) << 22) + self._count)
        escaped = html.escape(text, quote=False)
        tweet: Tweet = {
            "id": tweet_id,
            "text": escaped,
            "edit_history_tweet_ids": [tweet_id],
            "author_id": self.author(author)["id"],
            "conversation_id": tweet_id,
            "created_at": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", ".000Z"),
            "lang": "en",
            "possibly_sensitive": False,
            "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 0, "quote_count": 0},
            "entities": {
                "hashtags": [
                    {"start": found.start(), "end": found.end(), "tag": found[1]}
                    for found in re.finditer(r"#(\w+)", escaped)
                ]
            },
            **more,
        }
        self.tweets.append(tweet)
        if live:
            self.deliver(tweet)
        return tweet

    def edit(self, tweet: Tweet, text: str, *, at: datetime | None = None, live: bool = True, **more: Any) -> Tweet:
        """A new version, with an id of its own; every version names all of them."""
        author = next(name for name, user in self.users.items() if user["id"] == tweet["author_id"])
        newer = self.post(text, author=author, at=at, live=False, conversation_id=tweet["conversation_id"], **more)
        history = [*tweet["edit_history_tweet_ids"], newer["id"]]
        for version in self.tweets:
            if version["id"] in history:
                version["edit_history_tweet_ids"] = history
        if live:
            self.deliver(newer)
        return newer

    def delete(self, tweet: Tweet) -> None:
        """With all its versions; nobody is told."""
        self.tweets = [each for each in self.tweets if each["id"] not in tweet["edit_history_tweet_ids"]]

    def picture(self, key: str = "3_1", **more: Any) -> str:
        self.media[key] = {
            "media_key": key,
            "type": "photo",
            "url": f"{self.url}/media/{key}.jpg",
            "width": 800,
            "height": 600,
            **more,
        }
        return key

    def deliver(self, tweet: Tweet) -> None:
        """Whoever listens hears of it."""
        raise NotImplementedError

    def matches(self, tweet: Tweet, query: str) -> bool:
        """Hashtags and ``from:`` joined by OR, with or without ``-is:retweet``."""
        kinds = {each["type"] for each in tweet.get("referenced_tweets", ())}
        if "-is:retweet" in query and "retweeted" in kinds:
            return False
        tags = {tag["tag"].casefold() for tag in tweet["entities"].get("hashtags", ())}
        user = next(user for user in self.users.values() if user["id"] == tweet["author_id"])
        asked = re.findall(r"#(\w+)|from:(\w+)", query.split(" -is:")[0])
        return any(
            tag.casefold() in tags if tag else name.casefold() == user["username"].casefold() for tag, name in asked
        )

    def whole(self, tweets: list[Tweet], query: Mapping[str, str], *, single: bool = False) -> dict[str, Any]:
        """What is asked for of these posts and what comes with them."""
        wanted = {*ALWAYS, *query.get("tweet.fields", "").split(",")}
        expansions = query.get("expansions", "").split(",")
        data = [
            {name: value for name, value in tweet.items() if name in wanted or name == "attachments"}
            for tweet in tweets
        ]
        includes: dict[str, list[Any]] = {}
        if "author_id" in expansions:
            ids = {tweet["author_id"] for tweet in tweets}
            includes["users"] = [
                self._asked(user, query.get("user.fields", ""), "id", "name", "username")
                for user in self.users.values()
                if user["id"] in ids
            ]
        for expansion, kind, fixed, kept in (
            ("attachments.media_keys", "media", ("media_key", "type"), self.media),
            ("attachments.poll_ids", "polls", ("id", "options"), self.polls),
        ):
            keys = [
                key for tweet in tweets for key in tweet.get("attachments", {}).get(expansion.partition(".")[2], ())
            ]
            if expansion in expansions and keys:
                fields = query.get("media.fields" if kind == "media" else "poll.fields", "")
                includes[kind] = [self._asked(kept[key], fields, *fixed) for key in dict.fromkeys(keys)]
        whole: dict[str, Any] = {"data": data[0] if single else data}
        return whole | ({"includes": includes} if includes else {})

    @staticmethod
    def _asked(thing: Mapping[str, Any], fields: str, *always: str) -> dict[str, Any]:
        wanted = {*always, *fields.split(",")}
        return {name: value for name, value in thing.items() if name in wanted}

    def newest(self) -> Iterator[Tweet]:
        """Search finds each post's newest version, and nobody's who protects theirs."""
        hidden = {user["id"] for user in self.users.values() if user["protected"]}
        return (
            tweet
            for tweet in self.tweets
            if tweet["id"] == tweet["edit_history_tweet_ids"][-1] and tweet["author_id"] not in hidden
        )
