"""The description of the API (OpenAPI 3.1), made from the very structures that are answered."""

import functools
from typing import Any

import msgspec
from aiohttp import web

from dashboard.api import shape, sources, walls
from dashboard.api.parameters import MAX_WORDS
from dashboard.keys import SITE
from dashboard.problems import CONTENT_TYPE, Problem

_JSON = "application/json"
_STREAM = "text/event-stream"
_ABOUT = (
    "Public reads of Backchannel: no sign-in, any origin, unless a call says that it is for staff. Identifiers are "
    "strings, times end in Z. Every answer that is not 200 is a problem document (RFC 9457)."
)
_STREAM_ABOUT = (
    "Server-sent events. Every message has its own id, the number of a change, strictly rising; one without an id "
    "tells the present state. It begins after `Last-Event-ID`, else after `after`, else now; `after=0` is the start "
    'of the log. Types: `post` (a post: insert it, or replace the one with its id), `remove` (`{"id"}`), `event` '
    "(the event itself), `reset` (a number: what you have is too old, load it again and go on from there)."
)


_SOURCES_ABOUT = (
    "How the event's sources fare, those that need a look first. For staff: `Authorization: Bearer TOKEN`, with the "
    "token that `serve` prints at its start; no other site's pages may ask."
)
_SEARCH_ABOUT = (
    'Only posts with all of these words, the last may be a beginning. Also `"exact words"`, `-without`, `#tag`, '
    "`from:name`, `network:mastodon`, `has:media` (`link`, `poll`, `highlight`) and `day:2026-10-12` (`12`, `monday`, "
    "`today`). Posts of which the identifiers alone are told are not found."
)


_WALLS_ABOUT = (
    "The projector walls that were heard of in the last ten minutes, and what each says it shows. For staff, as the "
    "sources are."
)
_CLEAR_ABOUT = (
    "Empties every wall at once of what is in sight now, and keeps it off them until it is highlighted again; "
    "with `undo`, lets back in what the last clearing took away. For staff."
)
_UNDO_ABOUT = "Lets back in what the last clearing of the walls took away. For staff."


_STRUCTURES = (
    shape.Events, shape.Event, shape.Page, shape.Post, shape.Dehydrated, sources.Sources, walls.Walls, walls.Clear,
    Problem,
)  # fmt: skip


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/openapi.json"""
    return web.Response(
        body=_document(request.app[SITE].version), content_type=_JSON, headers={"Cache-Control": "public, max-age=300"}
    )


@functools.cache
def _document(version: str) -> bytes:
    return msgspec.json.encode(describe(version))


def describe(version: str) -> dict[str, Any]:
    """The whole description."""
    _, schemas = msgspec.json.schema_components(_STRUCTURES, ref_template="#/components/schemas/{name}")
    schemas["AnyPost"] = {
        "description": "A post, whole or, where its network's terms allow no more, its identifiers.",
        "oneOf": [_reference("Post"), _reference("Dehydrated")],
    }
    schemas["Page"]["properties"]["posts"]["items"] = _reference("AnyPost")
    del schemas["Named"]
    slug = _parameter("slug", "path", "The event's name in addresses.", type="string")
    post_id = _parameter("id", "path", "The post's id.", type="string", pattern="^[0-9]{1,18}$")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Backchannel", "version": version or "0", "description": _ABOUT},
        "servers": [{"url": "/api/v1"}],
        "paths": {
            "/events": {"get": _read("listEvents", "Every public event, the latest to start first.", "Events")},
            "/events/{slug}": {"get": _read("getEvent", "One event, public or by link.", "Event", slug, fails=(404,))},
            "/events/{slug}/posts": {
                "get": _read(
                    "listPosts",
                    "Posts, newest first. A stream opened with `after` set to `seq` goes on exactly from this page.",
                    "Page",
                    slug,
                    *_filters(),
                    fails=(400, 404),
                )
            },
            "/events/{slug}/stream": {"get": _stream(slug)},
            "/events/{slug}/sources": {"get": _for_staff("listSources", _SOURCES_ABOUT, "Sources", slug)},
            "/events/{slug}/walls": {"get": _for_staff("listWalls", _WALLS_ABOUT, "Walls", slug)},
            "/events/{slug}/walls/clear": {
                "post": _clearing(slug),
                "delete": _for_staff("undoClear", _UNDO_ABOUT, "Walls", slug),
            },
            "/posts/{id}": {
                "get": _read(
                    "getPost", "One post; 410 where it was removed for good.", "AnyPost", post_id, fails=(404, 410)
                )
            },
            "/media/{key}": {"servers": [{"url": "/"}], "get": _picture()},
            "/openapi.json": {"get": {**_read("describe", "This description.", None), "tags": ["about"]}},
        },
        "components": {"schemas": schemas, "securitySchemes": {"staff": {"type": "http", "scheme": "bearer"}}},
    }


def _for_staff(operation: str, about: str, answer: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    read = _read(operation, about, answer, *parameters, fails=(401, 404, 429))
    return {**read, "security": [{"staff": []}], "tags": ["staff"]}


def _clearing(slug: dict[str, Any]) -> dict[str, Any]:
    told = _for_staff("clearWalls", _CLEAR_ABOUT, "Walls", slug)
    told["requestBody"] = {"required": False, "content": {_JSON: {"schema": _reference("Clear")}}}
    told["responses"]["400"] = told["responses"]["404"]
    return told


def _filters() -> list[dict[str, Any]]:
    return [
        _parameter("limit", "query", "How many at most.", type="integer", minimum=1, maximum=200, default=50),
        _parameter("before", "query", "The `next` of an earlier answer: older posts than it had.", type="string"),
        _parameter("network", "query", "Only from this network, as `mastodon`.", type="string", maxLength=MAX_WORDS),
        _parameter("session", "query", "Only posts of this session.", type="string", maxLength=MAX_WORDS),
        _parameter("highlighted", "query", "Only highlights, or only the others.", type="boolean"),
        _parameter(
            "q",
            "query",
            _SEARCH_ABOUT,
            type="string",
            maxLength=MAX_WORDS,
        ),
    ]


def _stream(slug: dict[str, Any]) -> dict[str, Any]:
    after = _parameter("after", "query", "The number of the last change you have.", type="integer", minimum=0)
    last = _parameter("Last-Event-ID", "header", "As `after`, and stronger; browsers send it.", type="string")
    operation = _read("followEvent", _STREAM_ABOUT, None, slug, after, last, fails=(404, 503))
    operation["responses"]["200"]["content"] = {_STREAM: {"schema": {"type": "string"}}}
    return operation


def _picture() -> dict[str, Any]:
    key = _parameter("key", "path", "As in a post's addresses of pictures.", type="string")
    operation = _read("getPicture", "Our copy of a picture, while a shown post uses it.", None, key, fails=(404,))
    operation["responses"]["200"]["content"] = {"image/*": {}}
    return operation


def _parameter(name: str, place: str, about: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "description": about, "required": place == "path", "schema": schema}


def _read(
    operation: str, about: str, answer: str | None, *parameters: dict[str, Any], fails: tuple[int, ...] = ()
) -> dict[str, Any]:
    schema = _reference(answer) if answer else {"type": "object"}
    responses: dict[str, Any] = {"200": {"description": "As asked.", "content": {_JSON: {"schema": schema}}}}
    for status in fails:
        problem = {CONTENT_TYPE: {"schema": _reference("Problem")}}
        responses[str(status)] = {"description": "A problem, in words.", "content": problem}
    return {
        "operationId": operation,
        "description": about,
        "parameters": list(parameters),
        "responses": responses,
        "tags": ["reads"],
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
