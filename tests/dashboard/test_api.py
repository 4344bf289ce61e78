"""What programs are promised by ``/api/v1``."""

import pytest

from storage import changes, events
from tests.dashboard.newsroom import NOON, Newsroom, an_event
from timeline.post import Author, Card, Counts, Media, Poll, PollOption


async def get(session, address, **params):
    async with session.get(address, params=params) as answer:
        return answer.status, await answer.json(content_type=None)


POSTS = "api/v1/events/conf/posts"


async def test_a_post_has_the_form_that_was_promised(server, room, session):
    number = await room.says(
        "Hello <b>you</b> <script>alert(1)</script>",
        uri="https://chat.example/1",
        edited_at=NOON,
        title="A title",
        language="en",
        hashtags=("conf",),
        links=("https://example.org/",),
        in_reply_to="https://chat.example/0",
        content_warning="greeting",
        media=(Media(kind="image", source_url="https://chat.example/1.png", alt="a cat"),),
        card=Card(url="https://example.org/", title="Example", description="An example"),
        poll=Poll(options=(PollOption(text="yes", votes=3), PollOption(text="no")), closes_at=NOON),
        counts=Counts(replies=1, boosts=2, likes=3),
    )
    status, page = await get(session, server / POSTS)
    [post] = page["posts"]

    assert (status, page["next"], page["seq"]) == (200, None, number)
    assert post == {
        "id": post["id"],
        "seq": number,
        "network": "chat",
        "uri": "https://chat.example/1",
        "url": "https://chat.example/1",
        "author": {"name": "Ann Lee", "handle": "@ann", "url": "https://chat.example/ann", "avatar": None},
        "published_at": "2026-11-21T12:00:00Z",
        "edited_at": "2026-11-21T12:00:00Z",
        "title": "A title",
        "text": post["text"],
        "html": "<p>Hello <b>you</b> </p>",
        "language": "en",
        "hashtags": ["conf"],
        "links": ["https://example.org/"],
        "in_reply_to": "https://chat.example/0",
        "quotes": None,
        "content_warning": "greeting",
        "media": [{"kind": "image", "url": None, "alt": "a cat", "width": None, "height": None}],
        "card": {"url": "https://example.org/", "title": "Example", "description": "An example", "image": None},
        "poll": {
            "options": [{"text": "yes", "votes": 3}, {"text": "no", "votes": None}],
            "closes_at": "2026-11-21T12:00:00Z",
            "multiple": False,
        },
        "counts": {"replies": 1, "boosts": 2, "likes": 3},
        "also_on": [],
        "session": None,
        "highlighted": False,
        "phrase": None,
        "pinned": False,
        "note": None,
        "first_seen_at": "2026-11-21T12:01:00Z",
        "late": False,
    }
    assert post["text"].strip() == "Hello you"
    assert await get(session, server / f"api/v1/posts/{post['id']}") == (200, post)


async def test_an_event_has_the_form_that_was_promised(server, room, session):
    told = {
        "slug": "conf",
        "title": "A conference",
        "timezone": "Europe/London",
        "starts": "2026-11-20T12:00:00Z",
        "ends": "2026-11-22T12:00:00Z",
        "phase": room.event.phase(NOON),
        "archived": False,
        "hashtags": ["conf"],
        "visibility": "public",
        "moderation": "after",
        "seq": await room.number(),
        "url": "http://live.example/e/conf",
    }
    status, event = await get(session, server / "api/v1/events/conf")

    assert status == 200
    assert event | {"phase": "live"} == told | {"phase": "live"}
    assert await get(session, server / "api/v1/events") == (200, {"events": [event]})


async def test_unlisted_events_are_found_by_link_alone_and_drafts_not_at_all(server, store, session):
    for visibility in ("public", "unlisted", "draft"):
        await Newsroom.open(store, an_event(visibility, visibility=visibility))
    found = {
        slug: (await get(session, server / f"api/v1/events/{slug}"))[0] for slug in ("public", "unlisted", "draft")
    }
    _, listed = await get(session, server / "api/v1/events")

    assert found == {"public": 200, "unlisted": 200, "draft": 404}
    assert [event["slug"] for event in listed["events"]] == ["public"]


async def test_pages_of_any_size_hold_every_post_once_newest_first(server, room, session):
    said = [f"post {count}" for count in range(23)]
    await room.hears([room.a_post(words, published_at=NOON) for words in said])
    for limit in (1, 7, 23, 200):
        found, cursor = [], {}
        while True:
            _, page = await get(session, server / POSTS, limit=str(limit), **cursor)
            found += [post["text"] for post in page["posts"]]
            if page["next"] is None:
                break
            cursor = {"before": page["next"]}
        assert found == said[::-1]


async def test_posts_are_found_by_network_words_and_highlight(server, room, session):
    await room.says("a red kite")
    await room.says("a blue kite")

    async def texts(**params):
        status, page = await get(session, server / POSTS, **params)
        assert status == 200
        return [post["text"] for post in page["posts"]]

    assert await texts(q="RED") == ["a red kite"]
    assert await texts(q="kite") == ["a blue kite", "a red kite"]
    assert await texts(network="chat", limit="1") == ["a blue kite"]
    assert await texts(network="telegraph") == []
    assert await texts(highlighted="true") == []
    assert await texts(highlighted="false", q=" ") == ["a blue kite", "a red kite"]


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("limit", "0", "takes a whole number from 1 to 200"),
        ("limit", "201", "takes a whole number from 1 to 200"),
        ("limit", "ten", "takes a whole number from 1 to 200"),
        ("limit", "", "takes a whole number from 1 to 200"),
        ("limit", "٣", "takes a whole number from 1 to 200"),
        ("before", "yesterday", 'takes the "next" of an earlier answer'),
        ("before", "MS4x" * 9, 'takes the "next" of an earlier answer'),
        ("highlighted", "maybe", "takes true or false"),
        ("q", "x" * 201, "takes up to 200 characters"),
    ],
)
async def test_a_parameter_that_cannot_be_meant_is_answered_with_the_fix(server, room, session, name, value, fix):
    assert await get(session, server / POSTS, **{name: value}) == (
        400,
        {"status": 400, "title": "Bad Request", "detail": f"The parameter {name} {fix}.", "parameter": name},
    )


async def test_a_removed_post_is_gone_and_one_that_never_was_is_not_found(server, room, session):
    uri = "https://chat.example/regretted"
    await room.says("regretted", uri=uri)
    _, page = await get(session, server / POSTS)
    [post] = page["posts"]
    await room.removes(uri)

    gone = {"status": 410, "title": "Gone", "detail": "This post was removed."}
    never = {"status": 404, "title": "Not Found", "detail": "There is no such post."}
    assert await get(session, server / f"api/v1/posts/{post['id']}") == (410, gone)
    assert await get(session, server / "api/v1/posts/999999") == (404, never)
    assert (await get(session, server / "api/v1/posts/abc"))[0] == 404


async def test_held_posts_and_posts_of_drafts_are_not_found(server, store, session):
    held = await Newsroom.open(store, an_event("held", moderation="before"))
    draft = await Newsroom.open(store, an_event("draft", visibility="draft"))
    await held.says("waiting")
    await draft.says("secret")

    def every(reading):
        from sqlalchemy import text

        return dict(reading.execute(text("SELECT id, state FROM items")).all())

    there = await store.read(every)
    assert sorted(there.values()) == ["held", "shown"]  # both are there to leak
    answers = [(await get(session, server / f"api/v1/posts/{item}"))[0] for item in there]

    assert answers == [404, 404]
    assert await get(session, server / "api/v1/events/held/posts") == (
        200,
        {"posts": [], "next": None, "seq": await held.number()},
    )


async def test_nothing_tells_that_a_draft_had_a_post(server, store, session):
    draft = await Newsroom.open(store, an_event("draft", visibility="draft"))
    numbers = await draft.number(), await draft.says("secret", uri="https://chat.example/secret")
    window = await store.read(changes.window, draft.event.id, after=numbers[0], limit=1)
    post = window.steps[0].change.subject
    await draft.removes("https://chat.example/secret")

    for address in ("api/v1/posts", "p"):
        async with (
            session.get(server / f"{address}/{post}") as removed,
            session.get(server / f"{address}/999") as never,
        ):
            assert (removed.status, never.status) == (404, 404)
            told = [
                (await answer.text()).replace(f"/{address}/{asked}", "")  # pages name their own address
                for answer, asked in ((removed, post), (never, 999))
            ]
            assert told[0] == told[1]


async def test_what_a_reader_has_already_is_not_sent_again(server, room, session):
    await room.says("hello")
    async with session.get(server / POSTS) as first:
        etag = first.headers["ETag"]
    async with session.get(server / POSTS, headers={"If-None-Match": etag}) as again:
        assert (again.status, await again.read()) == (304, b"")
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    await room.says("more")
    async with session.get(server / POSTS, headers={"If-None-Match": etag}) as changed:
        assert changed.status == 200


async def test_a_page_in_any_browser_may_read(server, room, session):
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    async with session.options(server / POSTS, headers=headers) as preflight:
        assert preflight.status == 204
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    for address in (POSTS, "api/v1/events/nobody", "api/v1/nowhere", "api"):
        async with session.get(server / address) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_no_post_is_of_a_session_nobody_has_told_of(server, room, session):
    number = await room.says("hello")
    nothing = {"posts": [], "next": None, "seq": number}

    assert await get(session, server / f"{POSTS}?session=keynote") == (200, nothing)
    assert (await get(session, server / f"{POSTS}?session=keynote&limit=0"))[0] == 400
    _, page = await get(session, server / f"{POSTS}?session=")
    assert len(page["posts"]) == 1


async def test_the_bare_address_of_the_api_answers_programs(server, room, session):
    status, told = await get(session, server / "api")
    assert (status, told["title"]) == (404, "Not Found")


async def test_every_refusal_is_a_problem_document(server, room, session):
    async def refused(method, address):
        async with session.request(method, server / address) as answer:
            return (
                answer.status,
                answer.content_type,
                answer.headers.get("Allow"),
                (await answer.json(content_type=None)),
            )

    problem = "application/problem+json"
    assert await refused("GET", "api/v1/nowhere") == (404, problem, None, {"status": 404, "title": "Not Found"})
    assert await refused("POST", POSTS) == (
        405, problem, "GET,HEAD", {"status": 405, "title": "Method Not Allowed", "detail": "Allowed here: GET,HEAD."},
    )  # fmt: skip
    assert (await refused("GET", "api/v1/events/%00"))[:2] == (400, problem)
    assert (await refused("GET", f"{POSTS}?q={'x' * 3_000}"))[:2] == (414, problem)


async def test_the_author_may_have_a_picture_of_ours(server, room, session, store):
    from storage import media

    author = Author(network="chat", uri="https://chat.example/bo", name="Bo", avatar="https://chat.example/bo.png")
    await room.says("hello", author=author)
    [wanted] = await store.read(media.pending, 10, NOON)
    kept = server.shelf.put(b"picture")
    await store.write(
        media.keep, wanted.key, content_hash=kept, content_type="image/png", size_bytes=7, width=1, height=1, at=NOON
    )
    _, page = await get(session, server / POSTS)

    assert page["posts"][0]["author"]["avatar"] == f"/media/{wanted.key}"


async def test_an_archived_event_says_so(server, room, session, store):
    await store.write(events.archive, "conf", at=NOON)
    _, event = await get(session, server / "api/v1/events/conf")

    assert (event["archived"], event["phase"]) == (True, "past")
