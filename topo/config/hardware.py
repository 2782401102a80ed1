"""What the hardware that a fabric names means for it: latencies and packets, and what its hosts state of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from topo import units
from topo.config.data import Files, names
from topo.config.document import Document, parse_mapping
from topo.config.errors import ConfigError
from topo.config.keys import LATENCIES, NONE

if TYPE_CHECKING:
    from topo.availability.rates import Rates
    from topo.config.machine import Machine
    from topo.packet import Packet
    from traffic.efficiency import Efficiency


def with_rates(fabric: Document, files: Files) -> Document:
    """Return a ``fabric`` mapping with what its hardware file states and it does not.

    What was written wins over the file, the file over the default.  A file that cannot be used is left for
    the check of the fabric to report.
    """
    data = fabric.data
    if not isinstance(data, dict) or not isinstance(data.get("hardware"), str) or data["hardware"] == NONE:
        return fabric
    from topo.config.hardware_file import OF_FABRIC, read_hardware

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
        return dict.fromkeys(LATENCIES, 0.0)
    from topo.config.hardware_file import read_hardware

    text, shown = (files or Files()).read("hardware", hardware)
    resolved = read_hardware(text, shown)
    return {key: units.duration(resolved[key]) for key in LATENCIES}


def packet(hardware: str, files: Files | None = None) -> Packet | None:
    """Return the packets that a hardware name or file states; None where it says nothing of them."""
    if hardware == NONE:
        return None
    from topo.config.hardware_file import packet_of, read_hardware

    stated = read_hardware(*(files or Files()).read("hardware", hardware))["packet"]
    return packet_of(stated) if stated is not None else None


def machine(hardware: str, files: Files | None = None) -> Machine:
    """Return what a hardware name or file states of an endpoint's memory and FLOP rates; nothing of ``none``."""
    from topo.config.hardware_file import read_hardware
    from topo.config.machine import Machine, machine_of

    if hardware == NONE:
        return Machine()
    return machine_of(read_hardware(*(files or Files()).read("hardware", hardware)))


def rates(hardware: str, files: Files | None = None) -> Rates:
    """Return the rates of failure and repair that a hardware name or file states; none of ``none``."""
    from topo.availability.rates import Rates
    from topo.config.hardware_file import read_hardware
    from topo.config.reliability import rates_of

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
    if hardware == NONE:
        return _told(traffic, {})
    from topo.config.hardware_file import read_hardware

    try:
        stated = read_hardware(*files.read("hardware", hardware))
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


def efficiency_of(given: str | Mapping[str, Any], files: Files | None = None) -> Efficiency:
    """Return the curves of a hardware name or file, or of a mapping that a study holds.

    Raises ConfigError for a file that states none, or a mapping that holds what is none.
    """
    from topo.config.efficiency import read_efficiency
    from topo.config.hardware_file import read_hardware

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
    from topo.config.efficiency import read_efficiency

    return read_efficiency(parse_mapping(text, shown).at("efficiency"), "efficiency")


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
