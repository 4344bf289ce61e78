"""``backchannel demo``: the packaged recording through the real path, in a folder that is gone afterwards."""

import tempfile
from pathlib import Path

from backchannel.listening import take_port
from backchannel.opening import settings_of
from backchannel.service import run
from backchannel.terminal import say

_CONFIGURATION = """
[site]
title = "Backchannel, a demonstration"

[[event]]
slug = "demo"
title = "Harbour Towns 2026"
timezone = "Europe/London"
hashtags = ["harbour26"]

[[event.source]]
kind = "replay"
speed = {speed}
"""


def demo(*, host: str, port: int, speed: float) -> None:
    """Serve the demonstration until stopped."""
    with take_port(host, port) as taken, tempfile.TemporaryDirectory(prefix="backchannel-") as folder:
        file = Path(folder) / "backchannel.toml"
        file.write_text(_CONFIGURATION.format(speed=speed), encoding="utf-8")
        say("Playing a recorded conference. Nothing is kept; Ctrl-C ends it.")
        run(settings_of(file), taken)
