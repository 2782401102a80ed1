"""pydantic models of the sections of a study, derived from the registered functions.

A family, pattern, policy or solver is one function in a registry; its keyword
parameters are the keys of its YAML mapping, their annotations the types, their
defaults the defaults.  So a new entry needs no second description here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from topo import units
from topo.config.case import SECTIONS, Section
from topo.config.errors import ConfigError, unknown
from topo.fabric import RELAYS

#: What ``scale_up`` says where hosts have no such links, and ``hardware`` where latencies are zero.
NONE = "none"

STRICT = ConfigDict(strict=True, extra="forbid", protected_namespaces=())


def _rate(text: str) -> str:
    units.rate(text)
    return text


def _rate_or_none(text: str) -> str:
    return text if text == NONE else _rate(text)


def _size(value: str | float) -> str | float:
    units.size(value)
    return value


def _duration(value: str | float) -> str | float:
    units.duration(value)
    return value


Count = Annotated[int, Field(ge=1)]
# Units check their own text, and say more about a wrong one than a type does.
_TEXT, _TEXT_OR_NUMBER = WithJsonSchema({"type": "string"}), WithJsonSchema({"type": ["string", "number"]})
Rate = Annotated[Any, AfterValidator(_rate), _TEXT]
RateOrNone = Annotated[Any, AfterValidator(_rate_or_none), _TEXT]
Bytes = Annotated[Any, AfterValidator(_size), _TEXT_OR_NUMBER]
Duration = Annotated[Any, AfterValidator(_duration), _TEXT_OR_NUMBER]

#: Keys that every family takes, with their defaults (design.md, section 13).
FABRIC_KEYS: dict[str, tuple[Any, Any]] = {
    "planes": (Count, 1),
    "nic": (Literal["single-plane", "multi-port"], "single-plane"),
    "rate": (Rate, "400Gb/s"),
    "nic_rate": (Rate | None, None),
    "endpoints": (Count | None, None),
    "endpoints_per_host": (Count, 8),
    "scale_up": (RateOrNone, "200GB/s"),
    "scale_up_domain": (Count | None, None),
    "relay": (Literal[RELAYS], "source"),
    "hardware": (str, NONE),
}
#: Parameters whose value in a study differs from what the function takes.
_SPECIAL: dict[str, Any] = {"bytes": Bytes, "model": str | dict[str, Any]}
#: Whole-number parameters of which zero or less has no meaning in any pattern, policy or solver.
_POSITIVE = {
    "tokens",
    "ep",
    "node_limit",
    "top_k",
    "experts",
    "qps",
    "channels",
    "ranks",
    "radix",
    "n_group",
    "topk_group",
}


def model(key: str, name: str = "") -> type[BaseModel]:
    """Return the model of the mapping of section ``key``: that of its entry ``name``, or of the section itself.

    Raises ConfigError for a name that is not registered, with the nearest that is.
    """
    section = SECTIONS[key]
    if section.word and name not in section.registry:
        raise ConfigError(unknown(name, section.registry))
    return _model(section, key, name, section.function(name) if section.word else None)


@lru_cache(maxsize=256)
def _model(section: Section, key: str, name: str, function: Callable[..., Any] | None) -> type[BaseModel]:
    if function is None:
        fields: dict[str, Any] = {section.only: (str, ...)}
    else:
        fields = {section.word: (Literal[name], name)} | own_parameters(key, function) | _common(key)
    return create_model(f"{key}:{name}" if name else key, __config__=STRICT, **fields)


def _common(key: str) -> dict[str, tuple[Any, Any]]:
    """Return what every entry of section ``key`` takes."""
    return FABRIC_KEYS if key == "fabric" else {}


def own_parameters(key: str, function: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    """Return the keys that ``function`` adds to those of its section: name -> (type, default)."""
    section = SECTIONS[key]
    skip = {*section.filled, *_common(key), *(("fabric",) if section.on_fabric else ())}
    fields = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in skip or parameter.kind is parameter.VAR_KEYWORD:
            continue
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (_type(parameter, function), default)
    return fields


def _type(parameter: inspect.Parameter, function: Callable[..., Any]) -> Any:
    """Return what a study may give for ``parameter``; anything where its annotation says nothing."""
    if parameter.name in _SPECIAL:
        special = _SPECIAL[parameter.name]
        return special | None if parameter.default is None else special
    annotation = parameter.annotation
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, {**vars(inspect.getmodule(function))})
        except NameError:  # imported for type checkers only
            return Any
    if annotation is parameter.empty:
        return Any
    if parameter.name in _POSITIVE and annotation in (int, int | None):
        return Count if annotation is int else Count | None
    return annotation
