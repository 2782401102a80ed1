"""What a hardware file states of an accelerator: its memory, its FLOP rates, and what was reached of a rate.

FLOP rates are those of matrix units, dense: datasheets that print them with sparsity print twice as much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel, Field, create_model

from topo import units
from topo.config.document import Document
from topo.config.efficiency import read_efficiency
from topo.config.errors import ConfigError, Problem, unknown
from topo.config.keys import Flops, Part, Rate
from topo.config.reliability import FailureRates, RepairTimes
from topo.config.shapes import check_model
from topo.config.signatures import STRICT
from traffic.operation import Named


class FlopRates(BaseModel):
    """Dense FLOP rates of an endpoint by precision [FLOP/s]."""

    model_config = STRICT
    fp64: Flops | None = None
    tf32: Flops | None = None
    bf16: Flops | None = None
    fp16: Flops | None = None
    fp8: Flops | None = None
    int8: Flops | None = None
    fp6: Flops | None = None
    fp4: Flops | None = None


class Reached(BaseModel):
    """What was measured of a rate that is specified elsewhere in the file; ``mfu`` is a part of the BF16 rate."""

    model_config = STRICT
    nic_rate: Rate | None = None
    scale_up: Rate | None = None
    memory_bandwidth: Rate | None = None
    mfu: Part | None = None


#: What part of its bound each collective reaches; ``topo.config.efficiency`` reads the values.
_SHARES: dict[str, Any] = {name.replace("-", "_"): (Any, Field(None, alias=name)) for name in get_args(Named)}

#: Keys that hold a mapping, and what it may hold.
PARTS: dict[str, type[BaseModel]] = {
    "flops": FlopRates,
    "reached": Reached,
    "failures": FailureRates,
    "repairs": RepairTimes,
    "efficiency": create_model("Shares", __config__=STRICT, **_SHARES),
}


@dataclass(frozen=True)
class Machine:
    """An endpoint as its hardware file states it; what it does not state is None or not in the mapping."""

    memory: float | None = None  # [bytes]
    memory_bandwidth: float | None = None  # [B/s]
    flops: Mapping[str, float] = field(default_factory=dict)  # [FLOP/s] by precision, dense
    reached: Mapping[str, float] = field(default_factory=dict)  # [B/s] by key of the file; mfu is a part of one


def machine_of(stated: Mapping[str, Any]) -> Machine:
    """Return the machine of the checked content of a hardware file."""
    said = {key: stated[key] or {} for key in ("flops", "reached")}
    return Machine(
        memory=None if stated["memory"] is None else units.size(stated["memory"]),
        memory_bandwidth=None if stated["memory_bandwidth"] is None else units.rate(stated["memory_bandwidth"]),
        flops={key: units.flops(value) for key, value in said["flops"].items() if value is not None},
        reached={
            key: (units.efficiency if key == "mfu" else units.rate)(value)
            for key, value in said["reached"].items()
            if value is not None
        },
    )


def check_parts(document: Document, resolved: dict[str, Any]) -> dict[str, Any]:
    """Return ``resolved`` with the mappings of ``PARTS`` checked; raise ConfigError with all that is wrong."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, shape in PARTS.items():
        if resolved[key] is None:
            continue
        found[key], wrong = check_model(shape, document.at(key), key)
        problems += wrong
    if problems:
        raise ConfigError.of(problems)
    if "efficiency" in found:
        read_efficiency(document.at("efficiency"), "efficiency")
    return resolved | found


def values_of(stated: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return what a hardware file states of ``keys``, as it writes it; those of a mapping as ``flops.bf16``."""
    said: dict[str, Any] = {}
    for key in keys:
        value = stated[key]
        inner = value if isinstance(value, Mapping) else {}
        said |= {f"{key}.{name}": one for name, one in inner.items() if one is not None}
        if value is not None and not inner:
            said[key] = value
    return said


def unsourced(resolved: Mapping[str, Any], stated: list[str]) -> Iterator[str]:
    """Yield the keys of ``stated`` that have no source; ``flops.bf16`` may have one of its own, else that of flops."""
    for key in stated:
        if key in resolved["sources"]:
            continue
        names = list(values_of(resolved, [key])) if key in PARTS else [key]
        yield from (name for name in names or [key] if name not in resolved["sources"])


def _names(key: str) -> list[str]:
    return [field.alias or name for name, field in PARTS[key].model_fields.items()]


def strays(sources: Mapping[str, str], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each key of ``sources`` that no hardware file has, and what to say of it."""
    names = [*known, *(f"{key}.{name}" for key in PARTS for name in _names(key))]
    yield from ((key, unknown(key, names)) for key in sources if key not in names)
