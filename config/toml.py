"""Read a TOML file, or say at which line it is none."""

import re
import tomllib
from pathlib import Path
from typing import Any

from config.mistakes import ConfigError, Mistake

_UNCLOSED = (r"Illegal character '\n'", r"Found invalid character '\n'", "Unterminated string", 'Expected "\'"')
BIGGEST_FILE = 1_000_000  # bytes; a configuration is written by hand


def read_toml(file: Path) -> dict[str, Any]:
    """What the file says. Raises ConfigError."""
    content = b""
    try:
        with file.open("rb") as opened:
            content = opened.read(BIGGEST_FILE + 1)
        if len(content) > BIGGEST_FILE:
            raise _error(file, "is over 1 MB", "name a configuration file with -c")
        return tomllib.loads(content.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        fault = str(error).partition(" (at ")[0]
        fault = "a quote is not closed" if fault in _UNCLOSED else f"not TOML: {fault}"
        raise _error(file, fault, "mend this line", at=found[1] if found else "") from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _error(file, "not UTF-8", "save the file as UTF-8", at=f"line {line}") from error
    except RecursionError as error:
        raise _error(file, "nested too deeply", "write it flatter") from error
    except (OSError, ValueError) as error:
        raise _error(file, f"cannot be read: {getattr(error, 'strerror', error)}", "name another with -c") from error


def _error(file: Path, fault: str, fix: str, *, at: str = "") -> ConfigError:
    return ConfigError([Mistake(where=str(file), key=at, fault=fault, fix=fix)])
