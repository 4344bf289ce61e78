"""Foreign documents and pictures are read in processes of their own, which can be killed.

A deadline and a memory limit are set inside the process as well: a worker that spins would
outlive a parent that was killed, and no await in the parent can stop it from growing.
"""

import ctypes
import resource
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import anyio
from anyio import BrokenWorkerProcess, CapacityLimiter, to_process
from anyio.lowlevel import RunVar

from timeline.errors import BackchannelError

WORKERS = 2  # at a time, for feeds and pictures together
START_S = 20.0  # a new process may need this on a busy machine before its own clock starts; usually 0.4 s
GRACE_S = 5.0  # for the parent to end a job; after that it ends itself
MEGABYTE = 1024 * 1024

_T = TypeVar("_T")
_ALL: RunVar[CapacityLimiter] = RunVar("_ALL")
_LARGE: RunVar[CapacityLimiter] = RunVar("_LARGE")


class Overrun(BackchannelError):
    """A job was ended because it took too long or too much; says which, to follow the job's name."""


async def run(job: Callable[..., _T], *args: object, deadline_s: float, memory_mb: int, large: bool = False) -> _T:
    """What ``job(*args)`` returns or raises; both, and ``args``, travel pickled. Raises Overrun.

    ``memory_mb`` is what the job may take beyond what its process already has. At most WORKERS
    run at a time, and of those that are ``large`` one; waiting for a turn, and for a new process
    to come up, is not counted.
    """
    async with AsyncExitStack() as turns:
        if large:
            await turns.enter_async_context(_limiter(_LARGE, 1))
        await turns.enter_async_context(_limiter(_ALL, WORKERS))
        try:
            with anyio.fail_after(START_S):
                await _in_process(int)
            with anyio.fail_after(deadline_s):
                done: _T = await _in_process(_bounded, job, args, deadline_s + GRACE_S, memory_mb)
                return done
        except MemoryError as error:
            raise Overrun(f"takes more than {memory_mb} MB of memory") from error
        except RecursionError as error:
            raise Overrun("is nested too deeply") from error
        except TimeoutError as error:
            raise Overrun(f"takes longer than {deadline_s:g} s") from error
        except BrokenWorkerProcess as error:
            raise Overrun("made its reader crash") from error


async def _in_process(function: Callable[..., Any], *args: object) -> Any:
    return await to_process.run_sync(function, *args, cancellable=True, limiter=CapacityLimiter(1))


def _limiter(kept: RunVar[CapacityLimiter], most: int) -> CapacityLimiter:
    try:
        return kept.get()
    except LookupError:
        limiter = CapacityLimiter(most)
        kept.set(limiter)
        return limiter


def _bounded(job: Callable[..., _T], args: tuple[object, ...], alarm_s: float, memory_mb: int) -> _T:
    """Runs in the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent decides
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the end, even inside C code that never comes back to Python
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    signal.setitimer(signal.ITIMER_REAL, alarm_s)
    taken = _address_space()
    try:
        if taken:
            resource.setrlimit(resource.RLIMIT_AS, (taken + memory_mb * MEGABYTE, hard))
        return job(*args)
    except Exception:
        raise
    except BaseException as error:  # a panic in a parser's native core is no Exception, and would not travel
        raise Overrun("made its reader crash") from error
    finally:
        if taken:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.setitimer(signal.ITIMER_REAL, 0)
        _give_back()


def _address_space() -> int:
    """Bytes this process has mapped; 0 where the system does not tell (and does not enforce the limit either)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _give_back() -> None:
    """Return freed memory to the system, which the C library otherwise keeps: 24 of 92 MB after a large feed."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
    if trim is not None:
        trim(0)
