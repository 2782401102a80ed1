"""A hardware file as it is written: which keys it may have, and that each value states its source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, Field

from topo import units
from topo.config.document import Document, parse_mapping
from topo.config.errors import ConfigError, Problem
from topo.config.keys import LATENCIES, Bytes, Count, Duration, Rate
from topo.config.machine import PARTS, check_parts, strays, unsourced, values_of
from topo.config.shapes import check_model
from topo.config.signatures import STRICT
from topo.packet import Packet, PacketError

#: Keys of a hardware file that are keys of a fabric too.
OF_FABRIC = ("nic_rate", "scale_up", "endpoints_per_host", "scale_up_domain")
#: Everything that needs a source where it is stated; a latency is where it is not zero.
_STATED = (*OF_FABRIC, "packet", "memory", "memory_bandwidth", *PARTS)


class PacketSizes(BaseModel):
    """Packets of a network; ``ack`` is what goes back for each of them, a part of one where one answers several."""

    model_config = STRICT
    mtu: Bytes
    header: Bytes
    ack: Bytes | None = None


class Hardware(BaseModel):
    """Latencies, rates and numbers of one kind of hardware, each with its source."""

    model_config = STRICT
    schema_: Literal[1] = Field(alias="schema")
    title: str
    switch_latency: Duration = 0
    cable_latency: Duration = 0
    scale_up_latency: Duration = 0
    overhead: Duration = 0
    launch: Duration = 0
    packet: dict[str, Any] | None = None
    # Of a host; a fabric that names the file takes those that it does not state itself.
    nic_rate: Rate | None = None
    scale_up: Rate | None = None
    endpoints_per_host: Count | None = None
    scale_up_domain: Count | None = None
    # Of an endpoint; nothing of it changes a fabric.
    memory: Bytes | None = None
    memory_bandwidth: Rate | None = None
    flops: dict[str, Any] | None = None
    reached: dict[str, Any] | None = None
    # Of parts, by kind: how often one fails, how long its repair takes.
    failures: dict[str, Any] | None = None
    repairs: dict[str, Any] | None = None
    # Of its collectives; a solver that is told to goes by it.
    efficiency: dict[str, Any] | None = None
    sources: dict[str, str] = {}


@lru_cache(maxsize=64)
def read_hardware(text: str, shown: str) -> dict[str, Any]:
    """Return the checked content of a hardware file: title, latencies, rates and numbers with units, sources.

    Raises ConfigError with every problem; what is stated needs a source, a latency where it is not zero.
    """
    document = parse_mapping(text, shown)
    resolved, problems = check_model(Hardware, document, "")
    if problems:
        raise ConfigError.of(problems)
    if resolved["packet"] is not None:
        resolved["packet"] = _checked(document.at("packet"))
    resolved = check_parts(document, resolved)
    problems = [
        Problem(document.place(tuple(key.split("."))), key, "has no source; add it under sources:")
        for key in unsourced(resolved, _said(resolved))
    ]
    problems += [
        Problem(document.place(("sources", key)), f"sources.{key}", text)
        for key, text in strays(resolved["sources"], (*LATENCIES, *_STATED))
    ]
    if problems:
        raise ConfigError.of(problems)
    return resolved


def _said(resolved: Mapping[str, Any]) -> list[str]:
    stated = [key for key in _STATED if resolved[key] is not None]
    return stated + [key for key in LATENCIES if units.duration(resolved[key])]


def _checked(packet: Document) -> dict[str, Any]:
    """Return the sizes of a ``packet`` section that hold together; raise ConfigError where they do not."""
    sizes, problems = check_model(PacketSizes, packet, "packet")
    if problems:
        raise ConfigError.of(problems)
    try:
        packet_of(sizes)
    except PacketError as error:
        raise ConfigError(f"{packet.place(())}: packet: {error}") from None
    return sizes


def stated_values(text: str, shown: str) -> dict[str, tuple[Any, str]]:
    """Return every value that a hardware file states, as it writes it, with its source."""
    stated = read_hardware(text, shown)
    sources, keys = stated["sources"], _said(stated)
    return {key: (one, sources.get(key) or sources[key.split(".")[0]]) for key, one in values_of(stated, keys).items()}


def packet_of(stated: Mapping[str, Any]) -> Packet:
    """Return the packets that a checked ``packet`` states.  Raises PacketError for what is none."""
    sizes = {key: units.size(value) for key, value in stated.items() if value is not None}
    return Packet(**sizes)
