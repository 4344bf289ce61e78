"""What goes wrong before a request reaches the application, or after it left: answered in our form, too."""

import secrets

import structlog
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from dashboard.headers import make_safe
from dashboard.problems import problem

_log = structlog.get_logger(__name__)


class Doorstep(web.RequestHandler):
    """One connection. Its own answers quote nothing that came in, neither to the sender nor in the log."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # it quotes the input
    ) -> web.StreamResponse:
        """Answer, and close the connection. Raises ConnectionError where an answer has begun already."""
        if status >= 500:
            reference = secrets.token_hex(4)
            _log.error("a request could not be answered", reference=reference, path=request.path, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        if status >= 500:
            answer = problem(status, "Something went wrong here. It has been logged.", reference=reference)
        elif isinstance(exc, LineTooLong):
            answer = problem(status, "The address or a header is too long.")
        else:
            answer = problem(status, "This cannot be read as a request of HTTP.")
        make_safe(answer.headers, any_origin=True)  # which address was meant, nobody can tell
        answer.force_close()
        return answer


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return Doorstep(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application on connections of ours: aiohttp lends no other way to name them."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            **made._kwargs,
        )
