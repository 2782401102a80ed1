"""Hardware files: latencies and packets of a network, and what a host states of itself, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, Field

from topo import units
from topo.availability.rates import Rates
from topo.config.data import Files, names
from topo.config.document import Document, parse_mapping
from topo.config.efficiency import read_efficiency
from topo.config.errors import ConfigError, Problem
from topo.config.machine import PARTS, Machine, check_parts, machine_of, strays, unsourced, values_of
from topo.config.reliability import rates_of
from topo.config.sections import check_model
from topo.config.signatures import NONE, STRICT, Bytes, Count, Duration, Rate
from topo.packet import Packet, PacketError
from traffic.efficiency import Efficiency

#: Keys of a hardware file that are keys of a fabric too.
OF_FABRIC = ("nic_rate", "scale_up", "endpoints_per_host", "scale_up_domain")
#: Latencies, as ``generate`` calls them.
_LATENCIES = ("switch_latency", "cable_latency", "scale_up_latency", "overhead", "launch")
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


def with_rates(fabric: Document, files: Files) -> Document:
    """Return a ``fabric`` mapping with what its hardware file states and it does not.

    What was written wins over the file, the file over the default.  A file that cannot be used is left for
    the check of the fabric to report.
    """
    data = fabric.data
    if not isinstance(data, dict) or not isinstance(data.get("hardware"), str) or data["hardware"] == NONE:
        return fabric
    try:
        stated = read_hardware(*files.read("hardware", data["hardware"]))
    except ConfigError:
        return fabric
    rates = {key: stated[key] for key in OF_FABRIC if stated[key] is not None and key not in data}
    place = fabric.place(("hardware",))
    return Document(data | rates, fabric.places | {(key,): place for key in rates})


def latencies(hardware: str, files: Files | None = None) -> dict[str, float]:
    """Return the latencies of a hardware name or file [s]; all zero for ``none``."""
    if hardware == NONE:
        return dict.fromkeys(_LATENCIES, 0.0)
    text, shown = (files or Files()).read("hardware", hardware)
    resolved = read_hardware(text, shown)
    return {key: units.duration(resolved[key]) for key in _LATENCIES}


def packet(hardware: str, files: Files | None = None) -> Packet | None:
    """Return the packets that a hardware name or file states; None where it says nothing of them."""
    if hardware == NONE:
        return None
    stated = read_hardware(*(files or Files()).read("hardware", hardware))["packet"]
    return _packet(stated) if stated is not None else None


def machine(hardware: str, files: Files | None = None) -> Machine:
    """Return what a hardware name or file states of an endpoint's memory and FLOP rates; nothing of ``none``."""
    if hardware == NONE:
        return Machine()
    return machine_of(read_hardware(*(files or Files()).read("hardware", hardware)))


def rates(hardware: str, files: Files | None = None) -> Rates:
    """Return the rates of failure and repair that a hardware name or file states; none of ``none``."""
    if hardware == NONE:
        return Rates()
    stated = read_hardware(*(files or Files()).read("hardware", hardware))
    return rates_of(stated["failures"], stated["repairs"])


def with_machine(traffic: Mapping[str, Any], hardware: str, files: Files) -> dict[str, Any]:
    """Return a checked ``traffic`` with what the hardware states of an endpoint and it leaves open; jobs alike.

    That is ``memory`` and ``memory_bandwidth`` (as reached, where that is stated), and the FLOP rate with the share
    that was reached of it, which is one of BF16, where no ``compute_s`` is given.  What was written wins; a file that
    cannot be used is left for its own check to report.
    """
    try:
        stated = {} if hardware == NONE else read_hardware(*files.read("hardware", hardware))
    except ConfigError:
        return dict(traffic)
    return _told(traffic, stated)


def _told(traffic: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    parts = {
        key: [_told(one, stated) for one in value]
        for key, value in traffic.items()
        if isinstance(value, list) and all(isinstance(one, dict) for one in value)
    }
    precision = traffic.get("precision")
    reached = stated.get("reached") or {}
    said = {"memory": stated.get("memory")}
    said["memory_bandwidth"] = reached.get("memory_bandwidth") or stated.get("memory_bandwidth")
    if traffic.get("compute_s") is None:
        said["flops"] = (stated.get("flops") or {}).get(precision)
        said["mfu"] = reached.get("mfu") if precision == "bf16" else None
    return {**traffic, **parts, **{k: v for k, v in said.items() if k in traffic and traffic[k] is None}}


def stated_values(text: str, shown: str) -> dict[str, tuple[Any, str]]:
    """Return every value that a hardware file states, as it writes it, with its source."""
    stated = read_hardware(text, shown)
    sources, keys = stated["sources"], _said(stated)
    return {key: (one, sources.get(key) or sources[key.split(".")[0]]) for key, one in values_of(stated, keys).items()}


def efficiency_of(given: str | Mapping[str, Any], files: Files | None = None) -> Efficiency:
    """Return the curves of a hardware name or file, or of a mapping that a study holds.

    Raises ConfigError for a file that states none, or a mapping that holds what is none.
    """
    if not isinstance(given, str):
        return read_efficiency(Document(dict(given)), "efficiency")
    text, shown = (files or Files()).read("hardware", given)
    if read_hardware(text, shown)["efficiency"] is None:
        has = [name for name in names("hardware") if read_hardware(*Files().read("hardware", name))["efficiency"]]
        raise ConfigError(
            f"hardware {given} states no efficiency; of those shipped these do: {', '.join(has) or 'none'}"
        )
    return _curves(text, shown)


@lru_cache(maxsize=64)
def _curves(text: str, shown: str) -> Efficiency:
    return read_efficiency(parse_mapping(text, shown).at("efficiency"), "efficiency")


def _packet(stated: Mapping[str, Any]) -> Packet:
    sizes = {key: units.size(value) for key, value in stated.items() if value is not None}
    return Packet(**sizes)


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
        for key, text in strays(resolved["sources"], (*_LATENCIES, *_STATED))
    ]
    if problems:
        raise ConfigError.of(problems)
    return resolved


def _said(resolved: Mapping[str, Any]) -> list[str]:
    stated = [key for key in _STATED if resolved[key] is not None]
    return stated + [key for key in _LATENCIES if units.duration(resolved[key])]


def _checked(packet: Document) -> dict[str, Any]:
    """Return the sizes of a ``packet`` section that hold together; raise ConfigError where they do not."""
    sizes, problems = check_model(PacketSizes, packet, "packet")
    if problems:
        raise ConfigError.of(problems)
    try:
        _packet(sizes)
    except PacketError as error:
        raise ConfigError(f"{packet.place(())}: packet: {error}") from None
    return sizes


def beyond_ports(fabric: Mapping[str, Any]) -> str:
    """Return what a checked ``fabric`` mapping cannot use of its ``nic_rate``, in a sentence; empty where all fits."""
    nic, port = fabric.get("nic_rate"), fabric.get("rate")
    if "planes" not in fabric:  # of a file, which states its own ports
        return ""
    ports = fabric["planes"] if fabric.get("nic") == "multi-port" else 1
    if nic is None or units.rate(nic) <= units.rate(str(port)) * ports:
        return ""
    carried = f"its one port of {port}" if ports == 1 else f"its {ports} ports of {port}"
    return f"nic_rate {nic} is more than an endpoint can send over {carried}, which set the rate; raise rate to use it"
