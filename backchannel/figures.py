"""How collecting goes, for ``/metrics``: what comes in is counted as it does, how sources fare is read from the
database now and then, not at every scrape."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from backchannel.plan import Networks, name_of
from storage import events, intake, pace, sources
from storage.store import Store
from timeline.network import Gap, Health, SourceStatus

LABELS = ("event", "kind", "source")
STATES = ("ok", "waiting", "failing")
REASONS: Mapping[str, str] = {
    "elsewhere": "elsewhere",
    "outside the event's time": "outside_dates",
    "removed before": "removed_before",
    "its entry is not here": "no_entry",
    "error": "error",
}
UNREADABLE = "unreadable"  # adapters say in words what was wrong, of which there is no end


class CollectorFigures:
    """What this process took in, by network."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._taken = Counter(
            "backchannel_posts_taken", "Posts added, changed and removed", ["kind", "what"], registry=registry
        )
        self._dropped = Counter(
            "backchannel_posts_dropped", "Posts and notices not taken, by reason", ["kind", "reason"], registry=registry
        )
        self._failures = Counter(
            "backchannel_source_failures", "Polls and connections that came to nothing", ["kind"], registry=registry
        )

    def taken(self, kind: str, accepted: intake.Accepted) -> None:
        """What became of a batch."""
        for what in ("added", "changed", "removed"):
            if count := getattr(accepted, what):
                self._taken.labels(kind, what).inc(count)
        for reason, count in accepted.dropped.items():
            self._dropped.labels(kind, REASONS.get(reason, UNREADABLE)).inc(count)

    def reported(self, kind: str, health: Health) -> None:
        """What an attempt came to."""
        if health.state != "ok":
            self._failures.labels(kind).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A source as it was when we last looked."""

    labels: tuple[str, str, str]
    status: SourceStatus
    lag_s: float | None
    gaps: tuple[Gap, ...]


class SourceFigures(Collector):
    """One row to a source that is to be collected."""

    def __init__(self, networks: Networks | None = None) -> None:
        self._networks = networks or {}
        self._rows: list[_Row] = []

    async def refresh(self, store: Store) -> None:
        """Look again."""
        now = datetime.now(UTC)
        rows: list[_Row] = []
        for event in await store.read(events.all_events):
            if not event.collects(now):
                continue
            lags = await store.read(pace.lags, event.id, at=now)
            gaps = await store.read(sources.gaps_of, event.id)
            for status in await store.read(sources.of_event, event.id, self._networks, at=now):
                if status.state != "stopped":
                    source = status.source
                    labels = (event.slug, source.kind, name_of(source))
                    if any(row.labels == labels for row in rows):  # Prometheus refuses everything where two are alike
                        labels = (event.slug, source.kind, f"{name_of(source)} {source.id}")
                    lost = tuple(gaps.get(source.id, ()))
                    rows.append(_Row(labels=labels, status=status, lag_s=lags.get(source.id), gaps=lost))
        self._rows = rows

    def collect(self) -> Iterator[Metric]:
        rows = self._rows
        ok = _gauge("ok", "1 while the last attempt succeeded")
        state = GaugeMetricFamily(
            "backchannel_source_state", "1 for the state it is in, 0 for the others", labels=(*LABELS, "state")
        )
        success = _gauge("last_success_timestamp_seconds", "When an attempt last succeeded")
        newest = _gauge("last_post_timestamp_seconds", "When its newest post was published")
        failing = _gauge("failing_since_timestamp_seconds", "Since when it fails; absent while it does not")
        lag = _gauge("lag_seconds", "From published to first seen: the median of the last hour's newest posts")
        limit = _gauge("budget_posts", "Posts that may be read in a UTC day")
        spent = _gauge("budget_spent_posts", "Posts read in this UTC day")
        posts = _counter("posts", "Posts it brought first")
        gaps = _counter("gaps", "Times whose posts can no longer be had")
        missed = _counter("gap_seconds", "How long those times were together")
        for row in rows:
            status = row.status
            ok.add_metric(row.labels, float(status.state == "ok"))
            for each in STATES:
                state.add_metric((*row.labels, each), float(status.state == each))
            _add(success, row, _stamp(status.last_success_at))
            _add(newest, row, _stamp(status.last_post_at))
            _add(failing, row, _stamp(status.failing_since))
            _add(lag, row, row.lag_s)
            if status.budget is not None:
                _add(limit, row, status.budget.limit)
                _add(spent, row, status.budget.spent)
            posts.add_metric(row.labels, status.posts)
            gaps.add_metric(row.labels, len(row.gaps))
            missed.add_metric(row.labels, sum((gap.until - gap.since).total_seconds() for gap in row.gaps))
        return iter((ok, state, success, newest, failing, lag, limit, spent, posts, gaps, missed))

    def describe(self) -> Iterable[Metric]:
        return ()  # what there is depends on the database


def _gauge(name: str, about: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"backchannel_source_{name}", about, labels=LABELS)


def _counter(name: str, about: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"backchannel_source_{name}", about, labels=LABELS)


def _add(family: GaugeMetricFamily, row: _Row, value: float | None) -> None:
    if value is not None:
        family.add_metric(row.labels, value)


def _stamp(at: datetime | None) -> float | None:
    return at.timestamp() if at is not None else None
