"""What a file is: its format among those of one noun; where it is of another noun, what it is and where it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from topo.atomic import check_ends
from topo.formats.entries import HEAD, Format, FormatError, chosen, named
from topo.formats.registry import DEMANDS, FABRICS, LOADS, MEASUREMENTS, TABLES

#: Nouns that are read -> what a file of one is, and what it is for; {} is the file.
NOUNS: tuple[tuple[Mapping[str, Format], str, str], ...] = (
    (FABRICS, "a fabric", "give it as FABRIC: topo analyze {} TRAFFIC"),
    (TABLES, "forwarding tables", "give them with --routing static:tables={}, and the fabric that they are of"),
    (DEMANDS, "traffic", "give it as TRAFFIC: topo analyze FABRIC {}"),
    (LOADS, "loads of links", "give the fabric that they are of"),
    (MEASUREMENTS, "measurements", "give them as LOG: topo expect FABRIC {}"),
)
#: Files that people have beside a fabric: how one begins, what it is, and what is to be done.
FOREIGN = (
    (
        r"(?m)^[ \t]*topology[ \t]*=[ \t]*\w+[ \t]*;",
        "a configuration of BookSim",
        "give the network_file that it names, or the network itself: topo list families",
    ),
    (
        r'"CreatedAt"[\s\S]{0,2000}"GpuIDList"',
        "a list of compute nodes of NetQ, without cables",
        "give its topologyGraph.json",
    ),
    (r'"num_hidden_layers"[ \t]*:', "the configuration of a model", "give it as a model: topo moe --model {}"),
    (r"(?m)^part,speed_gbps,", "a price book", "give it with --prices {}"),
    (r"(?m)^schema:[ \t]*\d[\s\S]{0,9000}^fabric:", "a study", "run it: topo study {}"),
)

#: Keys of a study, or of a section of one, at the beginning of a line.
_SECTION = re.compile(r"(?m)^(?:schema|fabric|family|file)[ \t]*:")


def reader(registry: Mapping[str, Format], text: str, shown: str, format: str | None = None) -> Format:
    """Return the format of a file of ``text`` called ``shown``: as given, by what it begins with, or by suffix.

    Raises FormatError for a format that is unknown or not read, for a file that is something else, and for one
    that nothing tells of.
    """
    known = {name: entry for name, entry in registry.items() if entry.reads}
    if format is not None:
        return known[named(format, registry, known, "read")]
    by_suffix = [entry for entry in known.values() if shown.lower().endswith(entry.suffixes)]
    told = [one for one in by_suffix if one.fits(text)] or [one for one in known.values() if one.fits(text)]
    if told:
        return told[0]
    if said := elsewhere(registry, text, shown):
        raise FormatError(f"{shown}: {said}")
    if by_suffix:
        return max(by_suffix, key=lambda one: max(len(s) for s in one.suffixes if shown.lower().endswith(s)))
    out = [name for name, one in registry.items() if not one.reads and shown.lower().endswith(one.suffixes)]
    only = f" ({out[0]} is written, never read)" if out else ""
    raise FormatError(
        f"{shown}: is in no format that is read here{only}; give it by name if it is: {', '.join(sorted(known))}"
    )


def of_other_program(path: Path) -> bool:
    """Return whether the file ``path``, YAML by its suffix, begins as another program's fabric and as no section."""
    try:
        check_ends(path)
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(HEAD)
    except (OSError, ValueError):
        return False
    return not _SECTION.search(head) and any(
        entry.reads and entry.fits(head) for entry in FABRICS.values() if path.name.lower().endswith(entry.suffixes)
    )


def elsewhere(registry: Mapping[str, Format], text: str, shown: str) -> str:
    """Return what a file is that is none of ``registry``, and what to do with it; empty where nothing tells."""
    this = next((noun for other, noun, _ in NOUNS if other is registry), "")
    for other, noun, cure in NOUNS:
        for entry in (one for one in other.values() if other is not registry and one.reads and one.fits(text)):
            return f"holds {noun} (format {chosen(other, entry)}), and not {this}; {cure.format(shown)}"
    for mark, what, cure in FOREIGN:
        if re.search(mark, text[:HEAD]):
            return f"is {what}, and not {this}; {cure.format(shown)}"
    return ""
