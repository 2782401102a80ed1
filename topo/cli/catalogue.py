"""``topo list``: the names that the other verbs take."""

from __future__ import annotations

import re
from typing import Any

import click

from topo.cli import models
from topo.cli.options import csv_option, json_option
from topo.config.case import SECTIONS

#: Kinds of entries: those in registries by the section of a study they serve, those in files by their folder.
FOLDERS = ("prices", "hardware", "models", "studies")

#: What a line of hardware shows of its file.
MAIN = (
    "nic_rate",
    "scale_up",
    "endpoints_per_host",
    "scale_up_domain",
    "memory",
    "memory_bandwidth",
    "flops.bf16",
    "flops.fp8",
    "failures.host",
    "failures.gpu",
    "failures.leaf",
    "failures.port",
)


def kinds() -> dict[str, str]:
    """Return every kind, and the section of a study that its entries serve; empty for those in files."""
    return {s.plural: key for key, s in SECTIONS.items() if s.plural} | dict.fromkeys((*FOLDERS, "formats"), "")


@click.command("list")
@click.argument("kind", required=False, type=click.Choice(list(kinds())))
@click.argument("name", required=False)
@json_option
@csv_option
def list_verb(*, kind: str | None, name: str | None, as_json: bool, as_csv: bool) -> int:
    """List names, of one KIND or of all; of one NAME what its parameters mean, of a model what follows from it.

    Kinds: families, patterns, policies, solvers, prices, hardware, models, studies, formats.
    """
    from topo.cli import output

    entries = {each: _entries(each) for each in ([kind] if kind else kinds())}
    if kind and name:
        entries[kind] = {name: _one(kind, name, entries[kind])}
    if as_json:
        output.print_json(entries)
    elif as_csv:
        rows = [(each, name, entry["summary"]) for each, found in entries.items() for name, entry in found.items()]
        output.print_csv(("kind", "name", "what"), rows)
    elif kind and name:
        _print_one(name, entries[kind][name])
    else:
        for number, (each, found) in enumerate(entries.items()):
            rows = [
                (name, entry["summary"], _main(entry) or models.in_billions(entry) or _keys(entry))
                for name, entry in found.items()
            ]
            last = "main values" if each == "hardware" else "parameters"
            output.print_table(("name", "what", last), rows, title=("\n" if number else "") + each)
    return 0


def _one(kind: str, name: str, entries: dict[str, Any]) -> Any:
    from topo.config.data import is_path
    from topo.config.errors import unknown

    if kind == "models" and (name in entries or is_path(name)):
        return models.of(name)
    if name not in entries:
        raise click.BadParameter(f"{kind}: {unknown(name, entries)}", param_hint="NAME")
    return entries[name]


def _print_one(name: str, entry: dict[str, Any]) -> None:
    """Print what the entry does and a row a parameter: default, range and meaning."""
    from topo.cli import output

    if "active_parameters" in entry:
        models.print_one(name, entry)
        return
    if "values" in entry:
        stated = [(key, _stated(key, value), entry["sources"][key]) for key, value in entry["values"].items()]
        output.print_table(("key", "value", "source"), stated, title=f"{name}: {entry['summary']}")
        return
    rows = [
        (key, _default(entry, key), said["range"] or "|".join(map(_word, said["choices"])), said["meaning"])
        for key, said in entry.get("says", {}).items()
    ]
    output.print_table(("parameter", "default", "allowed", "what"), rows, title=f"{name}: {entry['summary']}")


def _stated(key: str, value: Any) -> str:
    """Return a value of a hardware file as people read it: curves by their ends."""
    from topo.config.document import Document
    from topo.config.efficiency import in_words, read_efficiency

    part, _, name = key.partition(".")
    if part != "efficiency":
        return _word(value)
    return in_words(read_efficiency(Document({name: value}), part)).removeprefix(f"{name} ")


def _entries(kind: str) -> dict[str, dict[str, Any]]:
    if section := kinds()[kind]:
        return {name: _registered(section, name) for name in sorted(SECTIONS[section].registry)}
    if kind == "formats":
        return _formats()
    if kind == "models":
        return models.shipped()
    from topo.config import names

    return {
        name: {"summary": _title(kind, name)} | (_machine(name) if kind == "hardware" else {}) for name in names(kind)
    }


def _machine(name: str) -> dict[str, Any]:
    """Return what a shipped hardware file states, as it writes it, and the source of each value."""
    from topo.config import Files
    from topo.config.hardware_file import stated_values

    stated = stated_values(*Files().read("hardware", name))
    return {
        "values": {key: value for key, (value, _) in stated.items()},
        "sources": {key: source for key, (_, source) in stated.items()},
    }


def _formats() -> dict[str, dict[str, Any]]:
    """Return what every file format is, whether it is read and written, and what it cannot carry."""
    from topo.formats import DEMANDS, FABRICS, LOADS, MEASUREMENTS, MODELS, ROUTES, TABLES

    found = {}
    for name, one in sorted((FABRICS | TABLES | DEMANDS | ROUTES | LOADS | MEASUREMENTS | MODELS).items()):
        done = [word for word, does in (("read", one.reads), ("written", one.writes)) if does]
        said = {"read": one.reads, "written": one.writes, "suffixes": list(one.suffixes), "lacks": list(one.lacks)}
        found[name] = {"summary": f"{one.title} ({', '.join(done)})", **said}
    return found


def _registered(section: str, name: str) -> dict[str, Any]:
    from topo.config.keys import own_parameters
    from topo.parameters import bounds, choices, meaning

    parameters = own_parameters(section, SECTIONS[section].function(name), name)
    return {
        "summary": SECTIONS[section].summary(name),
        "parameters": {key: None if default is ... else default for key, (_, default) in parameters.items()},
        "required": [key for key, (_, default) in parameters.items() if default is ...],
        "says": {
            key: {"meaning": meaning(kind), "range": bounds(kind), "choices": choices(kind)}
            for key, (kind, _) in parameters.items()
        },
    }


def _title(kind: str, name: str) -> str:
    """Return what a shipped file says of itself: its title, name or first comment."""
    from topo.config import Files

    text, _ = Files().read(kind, name)
    said = re.search(r"^(?:title|name):\s*(.+)$", text, re.MULTILINE) or re.search(r"^#\s*(.+)$", text, re.MULTILINE)
    return said[1].strip().strip("'\"") if said else ""


def _main(entry: dict[str, Any]) -> str:
    """Return the main values of a hardware file in one line; empty for any other entry."""
    stated = entry.get("values", {})
    return ", ".join(f"{key.removeprefix('flops.')} {_word(stated[key])}" for key in MAIN if key in stated)


def _keys(entry: dict[str, Any]) -> str:
    """Return the parameters in one line, each with its default and the other choices that it has."""
    says, parts = entry.get("says", {}), []
    for key, value in entry.get("parameters", {}).items():
        others = [_word(choice) for choice in says[key]["choices"] if choice != value]
        shown = "|".join([_default(entry, key), *others])
        parts.append(f"{key}={shown}" if shown else key)
    return ", ".join(parts)


def _default(entry: dict[str, Any], key: str) -> str:
    value = entry["parameters"][key]
    return "" if value is None else _word(value)


def _word(value: Any) -> str:
    """Return ``value`` as a study writes it."""
    from topo.cli.output import text

    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else text(value)
