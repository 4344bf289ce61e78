"""Two invented kinds of source, and files to read them from."""

from dataclasses import dataclass

import pytest

from config.load import load
from config.mistakes import ConfigError


@dataclass(frozen=True)
class Field:
    name: str
    kind: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    fields: tuple[Field, ...]
    address: tuple[str, ...]


KINDS = {
    "feed": Kind((Field("url", "url", required=True), Field("password", "secret")), ("url",)),
    "firehose": Kind(
        (
            Field("hosts", "list"),
            Field("wire", "choice", choices=("v1", "v2")),
            Field("backfill", "duration"),
            Field("speed", "number"),
            Field("file", "file"),
        ),
        ("hosts",),
    ),
}


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        file = tmp_path / "backchannel.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(file, KINDS)

    return read_text


@pytest.fixture
def told(read, tmp_path):
    def told_of(text):
        with pytest.raises(ConfigError) as caught:
            read(text)
        return [str(mistake).replace(f"{tmp_path}/", "") for mistake in caught.value.mistakes]

    return told_of
