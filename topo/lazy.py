"""Names that are imported when they are first asked for, so that help and errors answer at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def fetch(where: str) -> Any:
    """Return what ``module:name`` stands for, importing the module."""
    module, _, name = where.partition(":")
    # import_module locks and looks twice at what is loaded already, and studies of many cases ask often.
    return getattr(sys.modules.get(module) or import_module(module), name)


def fetching(package: str, rooms: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of ``package``; ``rooms`` maps its names to a module, or module:name."""

    def get(name: str) -> Any:
        if name not in rooms:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = fetch(rooms[name] if ":" in rooms[name] else f"{rooms[name]}:{name}")
        setattr(sys.modules[package], name, value)
        return value

    return get
