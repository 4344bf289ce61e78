"""What the collector is lent of subscriptions and of what is pushed: a part of ``backchannel.ledger``."""

from datetime import UTC, datetime

from backchannel.plan import Networks
from collector.ledger import Hub, Push, Request, Subscription
from storage import inbox, subscriptions
from storage.store import Store


class StoreHubs:
    """``callbacks`` is this site's address as hubs reach it; None where none could."""

    _store: Store
    _networks: Networks
    _callbacks: str | None

    async def pushed(self) -> set[int]:
        return await self._store.read(inbox.sources_waiting) if self._callbacks else set()

    async def push(self, source_id: int) -> Push | None:
        found = await self._store.read(inbox.oldest, source_id)
        return None if found is None else Push(id=found.id, content_type=found.content_type, body=found.body)

    async def subscription(self, source_id: int) -> Subscription | None:
        if self._callbacks is None:
            return None
        found = await self._store.read(subscriptions.of_source, source_id)
        if found is None or found.state in ("leaving", "left"):
            return None
        stands = found.lease_until is not None and found.lease_until > datetime.now(UTC)
        return Subscription(
            hub=Hub(url=found.hub, topic=found.topic), since=found.since if stands else None, heard_at=found.heard_at
        )

    async def follow(self, source_id: int, hub: Hub) -> None:
        if self._callbacks is not None:
            await self._store.write(subscriptions.follow, source_id, hub=hub.url, topic=hub.topic, at=datetime.now(UTC))

    async def requests(self) -> tuple[list[Request], datetime | None]:
        if self._callbacks is None:
            return [], None
        due, later = await self._store.read(subscriptions.due, datetime.now(UTC), self._networks)
        return [
            Request(
                key=one.key,
                hub=Hub(url=one.hub, topic=one.topic),
                callback=f"{self._callbacks.rstrip('/')}/websub/{one.key}",
                secret=one.secret,
                leaving=one.state == "leaving",
            )
            for one in due
        ], later

    async def asking(self, request: Request) -> None:
        await self._store.write(subscriptions.asked, request.key, leaving=request.leaving, at=datetime.now(UTC))

    async def put_off(self, request: Request, until: datetime) -> None:
        await self._store.write(subscriptions.put_off, request.key, until)
