"""What holds for every request: bounds, safe headers, mistakes told in words, answers made small."""

import hashlib
import re
import secrets

import structlog
from aiohttp import web

from dashboard import languages, thrift
from dashboard.compression import Handler, compress, varying
from dashboard.headers import PREFLIGHT, is_for_programs, is_for_search, is_public_read, make_safe
from dashboard.keys import METRICS, PROXIES, REFERENCE, SITE
from dashboard.problems import BadParameter, bad_parameter, problem
from dashboard.views import errors
from timeline.errors import BadCursor, ErasedItem, NoSuchEvent, NoSuchItem

MAX_ADDRESS = 2_048
MAX_BODY_BYTES = 64 * 1024
MAX_PUSH_ADDRESS = 8_000  # a hub repeats the address of a feed, and adds words of its own
MAX_PUSH_BYTES = 8 * 1024 * 1024  # as much as of a feed that is asked
_SHARED = re.compile(r"\.[a-z]{2,11}\Z")  # feeds, calendars, lists: what ends like a file

_log = structlog.get_logger(__name__)


async def safe_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set what every answer carries, streams and files included, unless its view knew better."""
    make_safe(response.headers, any_origin=is_public_read(request.path))
    if not is_for_search(request.path):
        response.headers.setdefault("X-Robots-Tag", "noindex")


@web.middleware
async def unveil(request: web.Request, handler: Handler) -> web.StreamResponse:
    """See through the proxies we trust, and count what was answered."""
    request = request.app[PROXIES].unveil(request)
    response = await handler(request)
    if request.secure and not response.prepared:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "none"
    request.app[METRICS].requests.labels(route, request.method, response.status).inc()
    return response


@web.middleware
async def speak(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer people in their language, sparingly where they ask for that; programs in English, and files that many
    share in the site's.
    """
    usual = request.app[SITE].language
    if is_for_programs(request.path):
        tag = languages.SOURCE
    elif _SHARED.search(request.path):
        tag = usual
    else:
        asked = languages.asked(request.query, request.cookies, request.headers.get("Accept-Language", ""), usual)
        tag = asked.tag
    with languages.speaking(tag), thrift.drawing(thrifty=thrift.is_asked(request.headers)):
        return await handler(request)


@web.middleware
async def say_what_is_wrong(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer: a page for people, a problem document for programs."""
    try:
        pushed = request.path.startswith("/websub/")
        address, body = (MAX_PUSH_ADDRESS, MAX_PUSH_BYTES) if pushed else (MAX_ADDRESS, MAX_BODY_BYTES)
        if len(request.path_qs) > address:
            raise web.HTTPRequestURITooLong(text=f"An address may have {address} characters here.")
        if (request.content_length or 0) > body:
            raise web.HTTPRequestEntityTooLarge(body, request.content_length or 0)
        if "\x00" in request.path or any("\x00" in word for word in request.query.values()):
            raise web.HTTPBadRequest(text="An address cannot hold a null character.")
        if request.method == "OPTIONS" and is_public_read(request.path):
            return web.Response(status=204, headers=PREFLIGHT)
        return await handler(request)
    except ErasedItem:
        return problem(410, "This post was removed.") if _for_programs(request) else errors.gone(request)
    except NoSuchItem:
        return problem(404, "There is no such post.") if _for_programs(request) else errors.not_found(request)
    except NoSuchEvent:
        return problem(404, "There is no such event.") if _for_programs(request) else errors.not_found(request)
    except BadCursor:
        return bad_parameter(BadParameter("before", 'takes the "next" of an earlier answer'))
    except BadParameter as error:
        return bad_parameter(error)
    except web.HTTPException as answer:
        return _refusal(request, answer)
    except ConnectionError:
        raise
    except Exception:
        request[REFERENCE] = reference = secrets.token_hex(4)
        _log.exception("a request could not be answered", reference=reference, path=request.path)
        if _for_programs(request):
            return problem(500, "Something went wrong here. It has been logged.", reference=reference)
        return errors.broken(request)


@web.middleware
async def make_small(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Spare the reader what it has already (304), and compress the rest."""
    response = await handler(request)
    if not isinstance(response, web.Response) or request.method not in ("GET", "HEAD"):
        return response
    if response.status == 200 and isinstance(response.body, bytes):
        response.headers.setdefault("Cache-Control", "no-cache")
        if "ETag" not in response.headers and "no-store" not in response.headers["Cache-Control"]:
            response.headers["ETag"] = f'W/"{hashlib.blake2b(response.body, digest_size=12).hexdigest()}"'
            if _has_it(request, response.headers["ETag"]):
                return _unchanged(response)
    await compress(request, response)
    return response


def _for_programs(request: web.Request) -> bool:
    return is_for_programs(request.path) or request.path.endswith("/stream")


def _refusal(request: web.Request, answer: web.HTTPException) -> web.StreamResponse:
    """An HTTP error of the server's own, in our form; redirects pass as they are."""
    if answer.status < 400:
        raise answer
    kept = {name: value for name in ("Allow", "Retry-After") if (value := answer.headers.get(name))}
    if answer.status == 404 and not _for_programs(request):
        return errors.not_found(request)
    detail = f"Allowed here: {kept['Allow']}." if "Allow" in kept else answer.text or ""
    return problem(answer.status, "" if detail.startswith(str(answer.status)) else detail, headers=kept)


def _has_it(request: web.Request, etag: str) -> bool:
    return any(etag in value for value in request.headers.getall("If-None-Match", []))


def _unchanged(response: web.Response) -> web.Response:
    kept = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
    return web.Response(status=304, headers=kept | {"Vary": varying(response)})
