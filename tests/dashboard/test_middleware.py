"""What holds for every answer."""

import gzip

import brotli
import pytest
from sqlalchemy import text


async def test_every_page_forbids_what_it_does_not_need(server, room, session):
    async with session.get(server / "e/conf") as answer:
        assert answer.status == 200
        rules = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
        assert rules == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "font-src": "'self'",
            "connect-src": "'self'",
            "manifest-src": "'self'",
            "worker-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert "geolocation=()" in answer.headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in answer.headers


async def test_behind_https_browsers_are_told_to_stay_there(server, room, session):
    async with session.get(server / "e/conf", headers={"X-Forwarded-Proto": "https"}) as answer:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(("coding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
async def test_pages_are_compressed_for_readers_who_can(server, room, session, coding, unpack):
    for count in range(10):
        await room.says(f"post {count}")
    bodies = []
    for accepted in ("identity", coding):
        async with session.get(
            server / "e/conf", headers={"Accept-Encoding": accepted}, auto_decompress=False
        ) as answer:
            assert answer.headers.get("Content-Encoding", "identity") == accepted
            assert "Accept-Encoding" in answer.headers["Vary"]
            bodies.append(await answer.read())

    assert unpack(bodies[1]) == bodies[0]
    assert len(bodies[1]) < len(bodies[0]) / 2


async def test_a_mistake_of_ours_is_told_with_a_reference_and_nothing_else(server, room, session, store):
    await store.write(lambda writing: writing.execute(text("ALTER TABLE items RENAME TO lost")))
    async with session.get(server / "api/v1/events/conf/posts") as answer:
        problem = await answer.json(content_type=None)
        reference = problem.pop("reference")
        assert (answer.status, answer.content_type, len(reference)) == (500, "application/problem+json", 8)
        assert problem == {
            "status": 500, "title": "Internal Server Error", "detail": "Something went wrong here. It has been logged.",
        }  # fmt: skip
    async with session.get(server / "e/conf") as answer:
        page = await answer.text()
        assert (answer.status, answer.content_type) == (500, "text/html")
        assert "Traceback" not in page


async def test_addresses_without_a_page_get_one_that_says_so(server, room, session):
    for address in ("nowhere", "e/nobody", "p/999999"):
        async with session.get(server / address) as answer:
            assert (answer.status, answer.content_type) == (404, "text/html")


async def test_a_removed_post_answers_410_as_a_page_too(server, room, session):
    await room.says("regretted", uri="https://chat.example/regretted")
    async with session.get(server / "api/v1/events/conf/posts") as answer:
        [post] = (await answer.json())["posts"]
    await room.removes("https://chat.example/regretted")
    async with session.get(server / f"p/{post['id']}") as answer:
        assert (answer.status, answer.content_type) == (410, "text/html")
        assert "regretted" not in await answer.text()


async def test_a_process_that_cannot_serve_says_why(server, room, session):
    async with session.get(server / "readyz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok\n")
    server.trouble.append("The database is from a newer version.")
    async with session.get(server / "readyz") as answer:
        assert (answer.status, await answer.text()) == (503, "The database is from a newer version.\n")
    async with session.get(server / "healthz") as answer:
        assert answer.status == 200


async def test_what_was_answered_is_counted_by_route(server, room, session):
    async with session.get(server / "e/conf"):
        pass
    async with session.get(server / "metrics") as answer:
        text = await answer.text()

    assert 'backchannel_http_requests_total{method="GET",route="/e/{slug}",status="200"} 1.0' in text
    assert "backchannel_stream_cut_off_total 0.0" in text


async def test_a_body_that_nobody_asked_for_is_refused(server, room, session):
    async with session.get(server / "api/v1/events", data=b"x" * 100_000) as answer:
        assert answer.status == 413
