"""NCCL's topology XML of one host: GPUs, NICs and the PCI switches between them, NVLink where it is stated.

Every GPU is an endpoint of one host; its way into the network is the NICs nearest in the PCI tree, whose rate
it shares with the other GPUs that they are nearest to.  NVLink makes the host a scale-up domain.
"""

from __future__ import annotations

import re
from collections import Counter

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import Element, parse_xml
from topo.units import BITS_PER_BYTE, several

#: Classes of PCI devices that are GPUs, and those that are NICs.
_GPUS, _NICS = ("0x0302", "0x0300"), ("0x0207", "0x0200")
#: [B/s] of one NVLink one way, by compute capability (NCCL, src/graph/topo.h: SM70 to SM100_NVLINK_BW).
_NVLINK = {60: 18.0e9, 70: 20.0e9, 80: 20.0e9, 86: 12.0e9, 90: 20.6e9, 100: 40.1e9}
#: [bit/s] of a PCI lane by its rate as written, line code taken off (PCI-SIG: 8/10 up to 5 GT/s, 128/130 above).
_LANE = {2.5: 2e9, 5.0: 4e9, 8.0: 8e9 * 128 / 130, 16.0: 16e9 * 128 / 130, 32.0: 32e9 * 128 / 130}


class _Device:
    """A GPU or NIC and the PCI devices above it, from the root down."""

    def __init__(self, element: Element, above: tuple[int, ...]) -> None:
        self.element, self.above = element, above
        self.bus = element.attributes.get("busid", "")

    @property
    def rate(self) -> float | None:
        """What a NIC carries one way [B/s]: as it says, else the rate of its PCI lanes."""
        speeds = [int(net.attributes["speed"]) for net in _below(self.element, "net") if _whole(net, "speed")]
        if speeds:
            return sum(speeds) * 1e6 / BITS_PER_BYTE
        return pci_rate(self.element)


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the host of a topology that NCCL wrote or reads.  Raises FormatError for what is none."""
    root = parse_xml(text, shown)
    found: list[_Device] = []
    _walk(root, (), found)
    gpus = [one for one in found if one.element.attributes.get("class", "").startswith(_GPUS)]
    nics = [one for one in found if one.element.attributes.get("class", "").startswith(_NICS)]
    if root.tag != "system" or not gpus:
        raise FormatError(
            f"{shown}:{root.line}: is no NCCL topology with GPUs; it needs <system> with <pci class=0x03..>"
        )
    if not nics:
        raise FormatError(
            f"{shown}:{root.line}: the host has no NIC, so no network is told of: its GPUs meet inside it"
        )
    plant = Plant(shown.rpartition("/")[2])
    nearest = [_nearest(gpu, nics) for gpu in gpus]
    shares = Counter(nic.bus for near in nearest for nic in near)
    plant.nodes = [Node(f"gpu{i}", NodeKind.ENDPOINT, True, "0", f"gpu{i}", "0", 0) for i in range(len(gpus))]
    n = len(gpus)
    links = [_nvlinks(gpu) for gpu in gpus]
    if any(links):
        plant.nodes.append(Node("nvlink", NodeKind.SCALE_UP, False, plane=-1))
        plant.cables += [Cable(i, n, capacity=rate, tier=Tier.SCALE_UP) for i, rate in enumerate(links) if rate]
    leaf = len(plant.nodes)
    plant.nodes.append(Node("network", NodeKind.LEAF, False, plane=0))
    for i, near in enumerate(nearest):
        rates = [None if nic.rate is None else nic.rate / shares[nic.bus] for nic in near]
        known = [rate for rate in rates if rate is not None]
        plant.cables.append(Cable(i, leaf, near[0].bus, "", capacity=sum(known) if len(known) == len(rates) else None))
    parts = f"{several(n, 'GPU', 'GPUs')} and {several(len(nics), 'NIC', 'NICs')}"
    plant.notes.append(f"one host of {parts}; the switch that the NICs are on is not in the file")
    return fabric_of(plant, how)


def pci_rate(element: Element) -> float | None:
    """Return what the PCI link of ``element`` carries one way [B/s]; None where it does not say."""
    said = re.match(r"([\d.]+) GT/s", element.attributes.get("link_speed", ""))
    if said is None or not _whole(element, "link_width"):
        return None
    lane = _LANE.get(float(said[1]))
    return None if lane is None else lane * int(element.attributes["link_width"]) / BITS_PER_BYTE


def _walk(element: Element, above: tuple[int, ...], found: list[_Device]) -> None:
    for i, child in enumerate(element.children):
        if child.tag == "pci":
            found.append(_Device(child, (*above, i)))
        _walk(child, (*above, i), found)


def _nearest(gpu: _Device, nics: list[_Device]) -> list[_Device]:
    def shared(nic: _Device) -> int:
        together = 0
        for mine, other in zip(gpu.above, nic.above, strict=False):
            if mine != other:
                break
            together += 1
        return together

    most = max(map(shared, nics))
    return [nic for nic in nics if shared(nic) == most]


def _nvlinks(gpu: _Device) -> float:
    """Return what all NVLinks of a GPU carry one way [B/s]; 0 where none is stated."""
    inside = next(iter(_below(gpu.element, "gpu")), None)
    if inside is None or not _whole(inside, "sm"):
        return 0.0
    sm = int(inside.attributes["sm"])
    each = _NVLINK.get(sm, _NVLINK.get(sm // 10 * 10, 0.0))
    return each * sum(int(link.attributes["count"]) for link in inside.all("nvlink") if _whole(link, "count"))


def _below(element: Element, tag: str) -> list[Element]:
    found = [child for child in element.children if child.tag == tag]
    for child in element.children:
        if child.tag != "pci":
            found += _below(child, tag)
    return found


def _whole(element: Element, key: str) -> bool:
    value = element.attributes.get(key, "")
    return value.isascii() and value.isdigit() and len(value) < 10
