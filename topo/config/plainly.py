"""What is plainly right: a mapping whose every value fits its key at a glance, completed by the defaults.

Nothing is ever refused here.  Whatever is not plain, right or wrong, goes to pydantic, which says what is wrong;
what is accepted comes out as it would from there.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

from topo.config.keys import Keys, Worded
from topo.parameters import Sought

#: Defaults that nobody can change, so that all mappings may share them.
_CONSTANT = (NoneType, bool, int, float, str)
_LIMITS = {
    Ge: ("ge", operator.ge),
    Gt: ("gt", operator.gt),
    Le: ("le", operator.le),
    Lt: ("lt", operator.lt),
}


class _NotPlain(Exception):
    """A value or a type that is not judged here."""


def completed(keys: Keys, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return ``given`` in the order of ``keys`` with their defaults; None where it is not plainly right."""
    if not given.keys() <= keys.of.keys():
        return None
    try:
        return {
            name: _fitting(kind, given[name]) if name in given else _default(default)
            for name, (kind, default) in keys.of.items()
        }
    except (_NotPlain, ValueError, OverflowError):
        return None


def _default(value: Any) -> Any:
    if type(value) not in _CONSTANT:
        raise _NotPlain
    return value


def _fitting(kind: Any, value: Any) -> Any:
    """Return ``value`` as one of ``kind``.  Raises _NotPlain, or ValueError of a unit, where it is not plainly one."""
    origin = get_origin(kind)
    if origin is Annotated:
        kept = _fitting(kind.__origin__, value)
        for said in kind.__metadata__:
            _check(said, kept)
        return kept
    if origin in (Union, UnionType):
        return _member(get_args(kind), value)
    if origin is Literal:
        fits = type(value) is str and value in get_args(kind)
    elif kind is float and type(value) is int:
        return float(value)
    else:
        fits = kind is Any or (kind in (int, float, str, bool, NoneType) and type(value) is kind)
    if not fits:
        raise _NotPlain
    if type(value) is str:
        value.encode()  # half a surrogate pair is no text
    return value


def _member(kinds: tuple[Any, ...], value: Any) -> Any:
    """Return ``value`` as the one of ``kinds`` that it is without any change of its type."""
    for kind in kinds:
        try:
            kept = _fitting(kind, value)
        except (_NotPlain, ValueError):
            continue
        if type(kept) is type(value):
            return kept
    raise _NotPlain


def _check(said: Any, value: Any) -> None:
    """Check what an annotation says of ``value`` beside its type."""
    if type(said) in _LIMITS and value is not None:
        name, within = _LIMITS[type(said)]
        if type(value) not in (int, float) or not math.isfinite(value) or not within(value, getattr(said, name)):
            raise _NotPlain
    elif isinstance(said, Worded):
        said.kept(value)
    elif not isinstance(said, str | Sought):
        raise _NotPlain
