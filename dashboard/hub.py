"""The channels of the events that somebody reads just now."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from dashboard.channel import Channel, Pace
from dashboard.fragments import Fragments
from dashboard.metrics import Metrics
from dashboard.public import event_by_slug
from storage.store import Store
from storage.tail import Tail
from timeline.event import Event


class Hub:
    """Opens a channel with its first reader and ends it with its last."""

    def __init__(
        self, store: Store, tail: Tail, *, fragments: Callable[[], Fragments], metrics: Metrics, pace: Pace
    ) -> None:
        self.metrics = metrics
        self.pace = pace
        self.closed = False
        self._store = store
        self._tail = tail
        self._fragments = fragments
        self._channels: dict[str, Channel] = {}

    @contextlib.asynccontextmanager
    async def channel(self, slug: str) -> AsyncIterator[Channel]:
        """The event's channel, for as long as somebody is in it. Raises NoSuchEvent."""
        channel = self._channels.get(slug)
        if channel is None:
            event = await event_by_slug(self._store, slug)
            channel = self._channels.get(slug) or self._new(event)
        channel.guests += 1
        try:
            await channel.opened()
            yield channel
        finally:
            channel.guests -= 1
            if not channel.guests:
                channel.end()

    def _new(self, event: Event) -> Channel:
        channel = self._channels[event.slug] = Channel(
            event,
            store=self._store,
            tail=self._tail,
            fragments=self._fragments(),
            metrics=self.metrics,
            pace=self.pace,
            ended=self._drop,
        )
        return channel

    def _drop(self, channel: Channel) -> None:
        if self._channels.get(channel.event.slug) is channel:
            del self._channels[channel.event.slug]

    async def beats(self) -> None:
        """Keep every stream alive, for ever."""
        while True:
            await asyncio.sleep(self.pace.beat_s)
            for channel in list(self._channels.values()):
                await channel.beat()

    def close(self) -> None:
        """End every stream, and let nobody in."""
        self.closed = True
        for channel in list(self._channels.values()):
            channel.end()
