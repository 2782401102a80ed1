"""What pages call a network that a design chose: in words, where nobody gave it a name of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: Parameters that every network of a search has alike, or that say nothing in words.
_ALIKE = frozenset({"endpoints", "rate", "oversubscription"})
#: What a parameter is where nobody asked for more.
_USUAL = {"nic": "single-plane", "wiring": "host", "planes": "1"}


def in_words(network: Mapping[str, Any]) -> str:
    """Return the network as a sentence has it, such as an 8-plane fat-tree-2 of 64-port switches; else its name."""
    parts = _parts(network)
    if not parts:
        return str(network.get("name") or "")
    noun = short(network)
    article = "an" if noun.startswith(("8-", "11-", "18-")) else "a"
    ports = f" of {parts.pop('radix')}-port switches" if "radix" in parts else ""
    ends = [f"{parts.pop(way)} {way}" for way in ("down", "up") if way in parts]
    leaf = f", {' and '.join(ends).replace(' ', ' ports ', 1)} at a leaf" if ends else ""
    rest = ", ".join(f"{key}={value}" for key, value in parts.items() if key != "planes")
    return f"{article} {noun}{ports}{leaf}" + (f" ({rest})" if rest else "")


def short(network: Mapping[str, Any]) -> str:
    """Return the same without its ports, as figures of one network have it: 8-plane fat-tree-2."""
    parts = _parts(network)
    if not parts:
        return str(network.get("name") or "")
    planes = f"{parts['planes']}-plane " if "planes" in parts else ""
    return f"{planes}{network['family']}"


def marks(networks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what the marks of a figure are called: short, or by the ports of a leaf where that tells two apart."""
    names = [short(one) for one in networks]
    return [
        (names.count(name) > 1 and ", ".join(_ends(one))) or name for name, one in zip(names, networks, strict=True)
    ]


def _ends(network: Mapping[str, Any]) -> list[str]:
    """Return the ports of a leaf down and up, as a figure has room for them."""
    parts = _parts(network)
    return [f"{parts[way]} {way}" for way in ("down", "up") if way in parts]


def _parts(network: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters by which a network differs from the usual one; none where it has a name of its own."""
    family, _, text = str(network.get("spec") or "").partition(":")
    if not family or family != network.get("family") or not str(network.get("name")).startswith(f"{family}("):
        return {}
    pairs = (pair.partition("=") for pair in text.split(","))
    return {key: value for key, _, value in pairs if key not in _ALIKE and _USUAL.get(key) != value}
