"""Which version this is."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """The version that is installed; "0" where this runs from a bare folder."""
    try:
        return installed("backchannel")
    except PackageNotFoundError:
        return "0"
