"""What this process counts of itself, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Metrics:
    """The dashboard's own counts, in the registry that the root may have filled with more."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.readers = Gauge("backchannel_stream_readers", "Readers on a live stream", ["form"], registry=registry)
        self.frames = Counter("backchannel_stream_frames", "Frames made, each once for all readers", registry=registry)
        self.changes = Counter("backchannel_stream_changes", "Changes that went into frames", registry=registry)
        self.deliveries = Counter("backchannel_stream_deliveries", "Frames written to readers", registry=registry)
        self.cut_off = Counter("backchannel_stream_cut_off", "Readers cut off for being too slow", registry=registry)
        self.requests = Counter(
            "backchannel_http_requests", "Answers by route", ["route", "method", "status"], registry=registry
        )
