"""Everything that goes out: pages, JSON, live streams. No outbound sockets, no networks."""
