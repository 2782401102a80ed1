"""Entries of registries that are imported when they are asked for."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from topo.lazy import late, with_late


@with_late("root")
@dataclass(frozen=True)
class Entry:
    root: Callable[[float], float]
    says: str = ""


def test_a_late_field_is_what_it_names():
    """Asked for, copied, compared or packed, a record is the same as one that was given the function itself."""
    entry = Entry(late("math:sqrt"), says="a root")
    assert entry.root is math.sqrt
    assert replace(entry, says="another").root is math.sqrt
    assert entry == Entry(math.sqrt, says="a root")
    assert pickle.loads(pickle.dumps(Entry(late("math:sqrt")))).root is math.sqrt


def test_a_late_field_has_no_default():
    """A record without it is refused, as one of any dataclass."""
    with pytest.raises(TypeError, match="root"):
        Entry()  # type: ignore[call-arg]


def test_a_name_that_does_not_exist_is_an_error_when_asked_for():
    with pytest.raises(AttributeError, match="no_such"):
        Entry(late("math:no_such")).root  # noqa: B018
