import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import frames
from dashboard.frames import GZIP_HEAD, Wire


def test_a_message_carries_its_number_its_kind_and_its_words():
    assert frames.message("post", "one", number=7) == b"id: 7\nevent: post\ndata: one\n\n"


def test_a_message_without_a_number_moves_nobody():
    assert frames.message("event", "{}") == b"event: event\ndata: {}\n\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_words_of_several_lines_cannot_end_a_message_early(newline):
    assert frames.message("post", f"one{newline}{newline}two") == b"event: post\ndata: one\ndata: \ndata: two\n\n"


def test_a_reset_carries_the_present_number_twice():
    assert frames.reset(42) == b"id: 42\nevent: reset\ndata: 42\n\n"


@given(st.lists(st.binary(max_size=2_000), max_size=20))
def test_pieces_compressed_apart_read_as_one_stream(pieces):
    stream = GZIP_HEAD + b"".join(Wire(gzip=True, chunked=False).encode(piece) for piece in pieces)

    assert zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(stream) == b"".join(pieces)


def test_a_chunk_says_its_length():
    assert Wire(gzip=False, chunked=True).encode(b"0123456789abcdef!") == b"11\r\n0123456789abcdef!\r\n"
    assert Wire(gzip=False, chunked=False).encode(b"plain") == b"plain"
