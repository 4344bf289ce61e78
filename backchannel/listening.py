"""The socket we listen on: taken before anything else, so that a taken port is said at once."""

import errno
import resource
import socket
from contextlib import suppress

from backchannel.terminal import Refused

BACKLOG = 4_096  # readers who come back at once after a restart


def take_port(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` and ``port`` (0: any free one). Raises Refused.

    Who asks before we answer waits in its queue: a restart is a pause, not an error.
    """
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError, OverflowError) as error:
        raise Refused(f"{host!r} is no address of this machine: give another --host") from error
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(BACKLOG)
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            raise Refused(f"port {port} on {host} is in use: stop what uses it, or give another --port") from error
        if error.errno == errno.EACCES:
            raise Refused(f"port {port} is not open to this user: give a --port above 1023") from error
        raise Refused(f"cannot listen on {host} port {port}: {error.strerror}; give another --host") from error
    return taken


def address_of(taken: socket.socket) -> str:
    """Where a browser on this machine finds the socket."""
    host, port = taken.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def raise_file_limit() -> None:
    """Allow as many open files as this process may have: every reader is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems tell "no limit" and refuse it
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
