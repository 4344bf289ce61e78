"""How collecting goes, for ``/metrics``: read from the database now and then, not at every scrape."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from backchannel.plan import name_of
from storage import events, sources
from storage.store import Store
from timeline.network import SourceStatus

LABELS = ("event", "kind", "source")


class SourceFigures(Collector):
    """One row to a source that is to be collected."""

    def __init__(self) -> None:
        self._rows: list[tuple[tuple[str, str, str], SourceStatus]] = []

    async def refresh(self, store: Store) -> None:
        """Look again."""
        now = datetime.now(UTC)
        self._rows = [
            ((event.slug, status.source.kind, name_of(status.source)), status)
            for event in await store.read(events.all_events)
            if event.collects(now)
            for status in await store.read(sources.of_event, event.id)
            if status.state != "stopped"
        ]

    def collect(self) -> Iterator[Metric]:
        ok = GaugeMetricFamily("backchannel_source_ok", "1 while the last attempt succeeded", labels=LABELS)
        success = GaugeMetricFamily(
            "backchannel_source_last_success_timestamp_seconds", "When an attempt last succeeded", labels=LABELS
        )
        posts = CounterMetricFamily("backchannel_source_posts", "Posts a source brought first", labels=LABELS)
        for labels, status in self._rows:
            ok.add_metric(labels, float(status.state == "ok"))
            posts.add_metric(labels, status.posts)
            if status.last_success_at is not None:
                success.add_metric(labels, status.last_success_at.timestamp())
        return iter((ok, success, posts))

    def describe(self) -> Iterable[Metric]:
        return ()  # what there is depends on the database
