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

from annotated_types import Ge
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from topo import units
from topo.config.case import SECTIONS, Section
from topo.config.errors import ConfigError, unknown
from topo.fabric import RELAYS
from topo.parameters import annotation_of, meaning
from topo.rules import REROUTES

#: What ``scale_up`` says where hosts have no such links, and ``hardware`` where latencies are zero.
NONE = "none"
#: Latencies that hardware states, as ``generate`` calls them.
LATENCIES = ("switch_latency", "cable_latency", "scale_up_latency", "overhead", "launch")

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


def _flops(text: str) -> str:
    units.flops(text)
    return text


def _part(value: str | float) -> str | float:
    units.efficiency(value)
    return value


Count = Annotated[int, Ge(1)]
# Units check their own text, and say more about a wrong one than a type does.
_TEXT, _TEXT_OR_NUMBER = WithJsonSchema({"type": "string"}), WithJsonSchema({"type": ["string", "number"]})
Rate = Annotated[Any, AfterValidator(_rate), _TEXT]
RateOrNone = Annotated[Any, AfterValidator(_rate_or_none), _TEXT]
Bytes = Annotated[Any, AfterValidator(_size), _TEXT_OR_NUMBER]
Duration = Annotated[Any, AfterValidator(_duration), _TEXT_OR_NUMBER]
Flops = Annotated[Any, AfterValidator(_flops), _TEXT]
Part = Annotated[Any, AfterValidator(_part), _TEXT_OR_NUMBER]


def _said(annotation: Any, what: str) -> Any:
    return Annotated[annotation if meaning(annotation) else Annotated[annotation, what], Field(description=what)]


#: Keys that every family takes, with their defaults (design.md, section 13).
FABRIC_KEYS: dict[str, tuple[Any, Any]] = {
    "planes": (_said(Count, "disjoint copies of the network"), 1),
    "nic": (
        _said(Literal["single-plane", "multi-port"], "whether an endpoint is on one plane, or on all"),
        "single-plane",
    ),
    "rate": (_said(Rate, "of a port, such as 400Gb/s"), "400Gb/s"),
    "nic_rate": (_said(Rate | None, "most that an endpoint sends; without, what its ports carry"), None),
    "endpoints": (_said(Count | None, "endpoints that are there; without, as many as fit"), None),
    "endpoints_per_host": (_said(Count, "endpoints of a server"), 8),
    "scale_up": (_said(RateOrNone, "of an endpoint inside its domain, such as NVLink; or none"), "200GB/s"),
    "scale_up_domain": (_said(Count | None, "endpoints of a scale-up network; without, those of a host"), None),
    "relay": (_said(Literal[RELAYS], "whose NICs carry between planes"), "source"),
    "hardware": (_said(str, "name or file of latencies and rates"), NONE),
}
#: Keys that every way to choose a loss takes.
FAILURE_KEYS: dict[str, tuple[Any, Any]] = {
    "reroute": (
        _said(Literal[REROUTES], "whether routes are found anew, kept, or kept but for the next link"),
        "ideal",
    ),
}
#: Parameters whose value in a study differs from what the function takes.
_SPECIAL: dict[str, Any] = {
    "bytes": Bytes,
    "efficiency": str | dict[str, Any],
    "expert_load": str,
    "flops": Flops,
    "memory": Bytes,
    "memory_bandwidth": Rate,
    "mfu": Part,
    "model": str | dict[str, Any],
    "tables": str,
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
        fields = {section.word: (Literal[name], name)} | own_parameters(key, function, name) | _common(key, name)
    return create_model(f"{key}:{name}" if name else key, __config__=STRICT, **fields)


def _common(key: str, name: str) -> dict[str, tuple[Any, Any]]:
    """Return what every entry of section ``key`` takes; entry ``name`` may have fewer keys, and its own defaults."""
    if key != "fabric":
        return FAILURE_KEYS if key == "failures" else {}
    own = getattr(SECTIONS[key].registry.get(name), "common", None)
    if own is None:
        return FABRIC_KEYS
    return {
        k: (FABRIC_KEYS[k][0] | None if default is None else FABRIC_KEYS[k][0], default) for k, default in own.items()
    }


def own_parameters(key: str, function: Callable[..., Any], name: str = "") -> dict[str, tuple[Any, Any]]:
    """Return the keys that ``function``, of entry ``name``, adds to those of its section: name -> (type, default)."""
    section = SECTIONS[key]
    skip = {*section.filled, *_common(key, name), *(("fabric",) if section.on_fabric else ())}
    fields = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in skip or parameter.kind is parameter.VAR_KEYWORD:
            continue
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (_written(parameter, annotation_of(parameter, function)), default)
    return fields


def _written(parameter: inspect.Parameter, annotation: Any) -> Any:
    """Return what a study may give for ``parameter``, with its meaning; anything where its annotation says nothing."""
    said = meaning(annotation)
    if parameter.name in _SPECIAL:
        annotation = _SPECIAL[parameter.name] | None if parameter.default is None else _SPECIAL[parameter.name]
    return _said(annotation, said) if said else annotation
