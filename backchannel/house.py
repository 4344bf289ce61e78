"""Whether our six packages are ours: their names are plain words that others use too."""

import importlib.util
from pathlib import Path

PACKAGES = ("backchannel", "dashboard", "collector", "storage", "timeline", "config")
HOUSE = Path(__file__).resolve().parent.parent


def stray_package(house: Path = HOUSE) -> str | None:
    """What is wrong where one of our packages would be imported from elsewhere; None where all is well."""
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if found is None or found.parent.parent != house:
            return (
                f"the package {name!r} is not Backchannel's but comes from {found or 'nowhere'}: "
                "install Backchannel in an environment of its own, and start it elsewhere (docs/operating.md)"
            )
    return None
