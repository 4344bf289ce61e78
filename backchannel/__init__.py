"""The composition root: the only place that knows everyone. Start reading at ``cli`` and ``service``."""
