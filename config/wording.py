"""Say in plain words what the validator found."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from config.mistakes import Faults, Key, Wrong, nearest, quoted
from config.settings import Tables

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_EXPECTED = {
    "string_type": ("must be text", "put it in quotes"),
    "int_type": ("must be a whole number", "write it without quotes"),
    "int_parsing": ("must be a whole number", "write it without quotes"),
    "int_from_float": ("must be a whole number", "write it without a point"),
    "bool_type": ("must be true or false", "write true or false, without quotes"),
    "bool_parsing": ("must be true or false", "write true or false, without quotes"),
    "path_type": ("must be a path", "put it in quotes"),
    "tuple_type": ("must be a list", 'write it as ["…", "…"]'),
    "dict_type": ("must be a table", 'write it as { "name" = "…" }'),
    "model_type": ("must be a table", "write its keys under a line with its name in brackets"),
    "model_attributes_type": ("must be a table", "write its keys under a line with its name in brackets"),
}


def note_all(faults: Faults, error: ValidationError, model: type[BaseModel], key: Key) -> None:
    """Note every error of pydantic's, each at its place below ``key``; ``model`` is what was being read."""
    for each in error.errors(include_url=False):
        faults.note((*key, *each["loc"]), worded(each, model))


def worded(error: "ErrorDetails", model: type[BaseModel]) -> Wrong:
    """One error as fault and fix."""
    kind, given, told = error["type"], error["input"], error.get("ctx", {})
    if kind == "wrong":
        return Wrong(told["fault"], told["fix"])
    if kind == "extra_forbidden":
        return Wrong("unknown key", nearest(str(error["loc"][-1]), _keys(model, error["loc"][:-1])))
    if kind == "missing":
        return Wrong("is missing", "add it")
    if kind == "literal_error":
        return Wrong(f"cannot be {quoted(given)}", f"write {told['expected'].replace(chr(39), chr(34))}")
    if kind in ("greater_than_equal", "less_than_equal"):
        return Wrong(
            f"cannot be {quoted(given)}",
            f"give {'at least' if 'ge' in told else 'at most'} {told.get('ge', told.get('le'))}",
        )
    if kind in ("string_too_short", "string_too_long"):
        length = told.get("max_length")
        return (
            Wrong("is empty", "fill it in")
            if length is None
            else Wrong("is too long", f"use {length} characters at most")
        )
    if kind in _EXPECTED:
        fault, fix = _EXPECTED[kind]
        return Wrong(f"{fault}, not {quoted(given)}", fix)
    return Wrong(f"cannot be {quoted(given)}", "see docs/configuration.md")


def _keys(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    for name in path:
        inner = model.model_fields[str(name)].annotation if str(name) in model.model_fields else None
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else model
    return [*model.model_fields, "event"] if model is Tables else list(model.model_fields)
