"""Whether our six packages are ours: their names are plain words that others use too."""

import importlib.util
from pathlib import Path

from backchannel.terminal import Refused

PACKAGES = ("backchannel", "dashboard", "collector", "storage", "timeline", "config")


def check_packages() -> None:
    """Raises Refused where one of our packages would be imported from elsewhere."""
    house = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve().parent.parent != house:
            found = spec.origin if spec else "nowhere"
            raise Refused(
                f"the package {name!r} is not Backchannel's but comes from {found}: "
                "install Backchannel in an environment of its own (docs/operating.md)"
            )
