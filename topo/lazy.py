"""Names that are imported when they are first asked for, so that help and errors answer at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["fetch", "fetching", "late", "numpy", "sparse", "with_late"]

T = TypeVar("T")


class _Library:
    """A library that is imported when the first of its names is asked for; each is then as near as in a module."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    import numpy
    from scipy import sparse
else:
    #: ``from topo.lazy import numpy as np``: closed forms count networks without an array.
    numpy = _Library("numpy")
    #: Small cases make no matrix, and the library that does takes longer to load than all they compute.
    sparse = _Library("scipy.sparse")


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


class _Late:
    """Where a value is that nobody has asked for yet."""

    def __init__(self, where: str) -> None:
        self.where = where


class _Field:
    """A field of a record that holds a value, or where it is; asked for, the value takes that place."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, record: Any, owner: type) -> Any:
        if record is None:
            raise AttributeError(self.name)  # the class itself has no default for it
        value = vars(record)[self.name]
        if isinstance(value, _Late):
            value = vars(record)[self.name] = fetch(value.where)
        return value

    def __set__(self, record: Any, value: Any) -> None:
        vars(record)[self.name] = value


def late(where: str) -> Any:
    """Return what an entry of a registry holds in the place of ``module:name``, which a case without it never loads."""
    return _Late(where)


def with_late(*fields: str) -> Callable[[type[T]], type[T]]:
    """Return a decorator of dataclasses whose ``fields`` may be ``late``: they are imported when they are asked for."""

    def decorate(record: type[T]) -> type[T]:
        for name in fields:
            setattr(record, name, _Field(name))
        return record

    return decorate
