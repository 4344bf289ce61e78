"""Which networks there are: every module in ``collector/networks/``, found by looking."""

import importlib
import pkgutil
from typing import Any

from collector import networks
from collector.adapter import Adapter
from timeline.network import NetworkInfo


def adapters() -> dict[str, Adapter]:
    """Every network's adapter by its key. Raises TypeError for a module that fills no seam."""
    found: dict[str, Adapter] = {}
    for module in pkgutil.iter_modules(networks.__path__):
        adapter: Any = importlib.import_module(f"{networks.__name__}.{module.name}")
        if not isinstance(getattr(adapter, "INFO", None), NetworkInfo) or not hasattr(adapter, "check"):
            raise TypeError(f"{adapter.__name__} needs INFO and check (collector/adapter.py)")
        if not (hasattr(adapter, "fetch") or hasattr(adapter, "listen")):
            raise TypeError(f"{adapter.__name__} needs fetch, or line and listen (collector/adapter.py)")
        if adapter.INFO.key in found:
            raise TypeError(f"{adapter.__name__}: there is another network {adapter.INFO.key!r}")
        found[adapter.INFO.key] = adapter
    return found
