"""Frames as zstd, with a dictionary that the host hands out."""

import random

import pytest
import zstandard

from collector import jetstream_zstd
from collector.jetstream_zstd import Dictionary, WrongDictionary
from tests.collector.listening import listening, source_of, words
from tests.fakes.jetstream import FakeJetstream, dictionary_id
from tests.fakes.ledger import MemoryLedger
from timeline.errors import SourceUnavailable


@pytest.fixture(scope="module")
def trained():
    chance = random.Random(1)
    said = [
        f'{{"$type":"message","payload":{{"did":"did:plc:{chance.random()}","text":"{chance.random()}"}}}}'.encode()
        for _ in range(2_000)
    ]
    return zstandard.train_dictionary(2_000, said, dict_id=77_001).as_bytes()


async def test_frames_come_packed_with_the_dictionary_that_the_host_hands_out(http, trained):
    async with FakeJetstream(dictionary=trained) as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
        assert dict(host.asked[0])["zstdDictionary"] == "77001"
        assert host.packed >= 1


async def test_a_dictionary_that_is_retired_is_fetched_anew(http, trained):
    async with FakeJetstream(dictionary=trained) as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
            host.dictionary = trained[:4] + (77_002).to_bytes(4, "little") + trained[8:]
            await host.hang_up()
            await host.until_connected(3)
            host.post("two #pyconf")
            await ledger.until(lambda: words(ledger) == ["one", "two"])
            await host.hang_up()
            await host.until_connected(len(host.asked) + 1)
            host.post("three #pyconf")
            await ledger.until(lambda: len(ledger.posts) == 3)
        assert dict(host.asked[-1])["zstdDictionary"] == "77002"


async def test_a_host_without_a_dictionary_is_listened_to_plainly(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host))
        async with listening(ledger, http):
            await host.until_connected()
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
        assert host.packed == 0


async def test_a_host_that_packs_with_another_dictionary_is_listened_to_plainly_from_then_on(http, trained):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host, settings={"wire": "v1"}))
        async with listening(ledger, http):
            await host.until_connected()
            packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(trained))
            await host.garble(packer.compress(b"{}"))
            await host.until_connected(len(host.asked) + 1)
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
        assert "compress" not in dict(host.asked[-1])


async def test_garbage_and_bombs_are_passed_over(http):
    async with FakeJetstream() as host:
        ledger = MemoryLedger(source_of(host, settings={"wire": "v1"}))
        frozen = zstandard.ZstdCompressionDict(jetstream_zstd.FROZEN.read_bytes())
        async with listening(ledger, http):
            await host.until_connected()
            packer = zstandard.ZstdCompressor(dict_data=frozen)
            await host.garble(packer.compress(b" " * 50_000_000))
            await host.garble(b"\x28\xb5\x2f\xfd and then nonsense")
            host.post("one #pyconf")
            await ledger.until(lambda: words(ledger) == ["one"])
        told = [thing.reason for heard, _, _ in ledger.accepts for thing in heard if hasattr(thing, "reason")]
        assert told == ["bluesky: a frame that is not as agreed"] * 2


def test_a_frame_that_hides_its_size_is_bounded_too(trained):
    dictionary = Dictionary(trained)
    packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(trained), write_content_size=False)
    small, bomb = packer.compress(b"hello"), packer.compress(b" " * 50_000_000)
    assert dictionary.unpack([small, bomb, b"plain"]) == [b"hello", b"", b"plain"]


def test_many_frames_that_are_each_small_enough_are_bounded_together(trained):
    packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(trained))
    large = packer.compress(b" " * 4_000_000)
    with pytest.raises(SourceUnavailable, match="more than we take"):
        Dictionary(trained).unpack([large] * 4_000)


def test_another_dictionary_is_recognised_by_its_number(trained):
    other = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(trained)).compress(b"hello")
    with pytest.raises(WrongDictionary):
        jetstream_zstd.frozen().unpack([other])


def test_the_frozen_dictionary_is_the_published_one(trained):
    assert jetstream_zstd.frozen().id == 1_612_007_021
    assert (dictionary_id(trained), Dictionary(trained).id) == (77_001, 77_001)
    with pytest.raises(ValueError, match="no zstd dictionary"):
        Dictionary(b"<html>no dictionary</html>")
