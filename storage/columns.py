"""Column types of our own: aware UTC times, JSON, growing ids; and the one sum SQL dialects disagree on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Dialect, Integer, Text, cast, extract, type_coerce
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DECODE = msgspec.json.Decoder().decode

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite grows ids by itself for INTEGER alone


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time: microseconds since 1970 on SQLite, which forgets zones; timestamptz on PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be kept")
        if dialect.name == "postgresql":
            return value.astimezone(UTC)
        return (value - _EPOCH) // _MICROSECOND

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], datetime | None]:
        return _in_utc if dialect.name == "postgresql" else _from_micros


class Json(TypeDecorator[Any]):
    """JSON as text, read and written whole and never searched. Nothing (None, [], {}) is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return msgspec.json.encode(value).decode() if value else None

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[Any], Any]:
        return _from_json


# A page of 50 posts reads 550 such cells: they are turned by one plain function each.
def _from_micros(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(0, 0, value)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _from_json(value: str | None) -> Any:
    return None if value is None else _DECODE(value)


def micros(column: ColumnElement[datetime], dialect: str) -> ColumnElement[int]:
    """A time as microseconds since 1970, for sums on either database."""
    if dialect == "postgresql":
        return cast(extract("epoch", column) * 1_000_000, BigInteger)
    return type_coerce(column, BigInteger)
