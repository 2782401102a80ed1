"""Keys of the sections of a study, derived from the registered functions.

A family, pattern, policy or solver is one function in a registry; its keyword
parameters are the keys of its YAML mapping, their annotations the types, their
defaults the defaults.  So a new entry needs no second description here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from annotated_types import Ge

from topo import units
from topo.config.case import SECTIONS, Section
from topo.config.errors import ConfigError, unknown
from topo.parameters import annotation_of, meaning
from topo.rules import RELAYS, REROUTES

#: What ``scale_up`` says where hosts have no such links, and ``hardware`` where latencies are zero.
NONE = "none"
#: Latencies that hardware states, as ``generate`` calls them.
LATENCIES = ("switch_latency", "cable_latency", "scale_up_latency", "overhead", "launch")

#: Types of JSON that a value may have.
_TEXT, _TEXT_OR_NUMBER = ("string",), ("string", "number")


@dataclass(frozen=True)
class Worded:
    """A value in words that stays as it was written.

    Units check their own text, and say more about a wrong one than a type does.
    """

    read: Callable[[Any], Any]  # raises ValueError for what is no such value
    kinds: tuple[str, ...] = _TEXT_OR_NUMBER  # types of JSON that it may be written in

    def kept(self, value: Any) -> Any:
        """Return ``value`` as it is.  Raises ValueError where it cannot be read."""
        self.read(value)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.kept, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": self.kinds[0] if len(self.kinds) == 1 else list(self.kinds)}


def _rate_or_none(text: str) -> None:
    if text != NONE:
        units.rate(text)


Count = Annotated[int, Ge(1)]
Rate = Annotated[Any, Worded(units.rate, _TEXT)]
RateOrNone = Annotated[Any, Worded(_rate_or_none, _TEXT)]
Bytes = Annotated[Any, Worded(units.size)]
Duration = Annotated[Any, Worded(units.duration)]
Flops = Annotated[Any, Worded(units.flops, _TEXT)]
Part = Annotated[Any, Worded(units.efficiency)]


def _said(annotation: Any, what: str) -> Any:
    return annotation if meaning(annotation) else Annotated[annotation, what]


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


@dataclass(frozen=True, eq=False)
class Keys:
    """What a mapping may hold."""

    title: str
    of: Mapping[str, tuple[Any, Any]]  # in order: name -> (type, default), which is ``...`` where a study must say


def keys_of(key: str, name: str = "") -> Keys:
    """Return the keys of the mapping of section ``key``: those of its entry ``name``, or of the section itself.

    Raises ConfigError for a name that is not registered, with the nearest that is.
    """
    section = SECTIONS[key]
    if section.word and name not in section.registry:
        raise ConfigError(unknown(name, section.registry))
    return _keys(section, key, name, section.function(name) if section.word else None)


@lru_cache(maxsize=256)
def _keys(section: Section, key: str, name: str, function: Callable[..., Any] | None) -> Keys:
    if function is None:
        return Keys(key, {section.only: (str, ...)})
    own = own_parameters(key, function, name)
    return Keys(f"{key}:{name}" if name else key, {section.word: (Literal[name], name)} | own | _common(key, name))


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
