"""Read one [[event.source]]: which fields it may have is told by its kind, handed in by the root."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr

from config import values
from config.mistakes import Wrong, nearest, quoted
from config.references import Found
from config.settings import Source

COMMON = ("kind", "label", "trusted", "keep", "every")


class FieldLike(Protocol):
    """What is known of one field of a kind of source."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def choices(self) -> Sequence[str]: ...
    @property
    def schemes(self) -> Sequence[str]: ...


class Kind(Protocol):
    """What is known of a kind of source."""

    @property
    def fields(self) -> Sequence[FieldLike]: ...
    @property
    def address(self) -> Sequence[str]: ...


def read_source(raw: Mapping[str, Any], kinds: Mapping[str, Kind], folder: Path) -> tuple[Source, dict[str, Wrong]]:
    """The source as far as it can be read, and what is wrong with it by key."""
    wrong: dict[str, Wrong] = {}
    kind = raw.get("kind")
    if kind is None:
        wrong["kind"] = Wrong("is missing", f"name one of: {', '.join(sorted(kinds))}")
    elif not isinstance(kind, str) or kind not in kinds:
        wrong["kind"] = Wrong(f"there is no kind {quoted(kind)}", nearest(str(kind), kinds))
    if wrong:
        return Source(kind="", settings={}), wrong

    fields = {field.name: field for field in kinds[str(kind)].fields}
    read: dict[str, Any] = {}
    for key, value in raw.items():
        try:
            if key in fields and key not in COMMON:
                read[key] = _field(value, fields[key], folder)
            else:
                read[key] = _common(key, value, fields)
        except Wrong as fault:
            wrong[key] = fault
    for name in (field.name for field in fields.values() if field.required and field.name not in raw):
        wrong[name] = Wrong("is missing", f'a source of kind "{kind}" needs it')
    common = {key: read.pop(key) for key in COMMON if key in read}
    return Source(every_s=common.pop("every", None), settings=read, **common), wrong


def _common(key: str, value: Any, fields: Mapping[str, FieldLike]) -> Any:
    match key:
        case "kind" | "label" if isinstance(value, str):
            return value
        case "trusted" if isinstance(value, bool):
            return value
        case "keep" if value in ("all", "tagged"):
            return value
        case "every":
            return values.duration_s(_text(value, 'write it as "30s" or "5m"'))
        case "label":
            raise Wrong(f"must be text, not {quoted(value)}", "put it in quotes")
        case "trusted":
            raise Wrong(f"must be true or false, not {quoted(value)}", "write trusted = true")
        case "keep":
            raise Wrong(f"cannot be {quoted(value)}", 'write "all" or "tagged"')
    raise Wrong("unknown key", nearest(key, {*fields, *COMMON}))


def _field(value: Any, field: FieldLike, folder: Path) -> Any:
    match field.kind:
        case "list":
            several = [value] if isinstance(value, str) else value
            if not isinstance(several, list):
                raise Wrong(f"must be a list, not {quoted(value)}", 'write it as ["…", "…"]')
            texts = [_text(each, "put each in quotes") for each in several]
            return tuple(values.address(text, *field.schemes) if field.schemes else text for text in texts)
        case "duration":
            return values.duration_s(_text(value, 'write it as "30s" or "5m"'))
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
                fix = "write it without quotes" if isinstance(value, str) else "give one above 0"
                raise Wrong(f"must be a number above 0, not {quoted(value)}", fix)
            return value
        case "url":
            return values.address(_text(value, "put it in quotes"), *(field.schemes or ("https", "http")))
        case "secret":
            return SecretStr(_text(value, 'write it as { env = "NAME" } or { file = "/run/secrets/name" }'))
        case "choice":
            if value not in field.choices:
                raise Wrong(f"cannot be {quoted(value)}", f"write one of: {', '.join(field.choices)}")
            return value
        case "file":
            path = values.beside(Path(_text(value, "put it in quotes")), folder)
            if not path.is_file():
                raise Wrong(f"there is no file {quoted(path)}", "put it there, or name another")
            return str(path)
    return _text(value, "put it in quotes")


def _text(value: Any, fix: str) -> str:
    if not isinstance(value, str):
        raise Wrong(f"must be text, not {quoted(value)}", fix)
    if not value.strip():
        raise Wrong("is empty", "fill it in, or take the line out")
    return value if isinstance(value, Found) else value.strip()  # which is stripped already, and says where it was
