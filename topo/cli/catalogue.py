"""``topo list``: the names that the other verbs take."""

from __future__ import annotations

import re
from typing import Any

import click

from topo.cli.options import json_option
from topo.config.case import SECTIONS

#: Kinds of entries: those in registries by the section of a study they serve, those in files by their folder.
FOLDERS = ("prices", "hardware", "models", "studies")


def kinds() -> dict[str, str]:
    """Return every kind, and the section of a study that its entries serve; empty for those in files."""
    return {s.plural: key for key, s in SECTIONS.items() if s.plural} | dict.fromkeys(FOLDERS, "")


@click.command("list")
@click.argument("kind", required=False, type=click.Choice(list(kinds())))
@json_option
def list_verb(kind: str | None, as_json: bool) -> int:
    """List names, of one KIND or of all.

    Kinds: families, patterns, policies, solvers, prices, hardware, models, studies.
    """
    from topo.cli import output

    entries = {each: _entries(each) for each in ([kind] if kind else kinds())}
    if as_json:
        output.print_json(entries)
        return 0
    for number, (each, found) in enumerate(entries.items()):
        rows = [(name, entry["summary"], _keys(entry)) for name, entry in found.items()]
        output.print_table(("name", "what", "parameters"), rows, title=("\n" if number else "") + each)
    return 0


def _entries(kind: str) -> dict[str, dict[str, Any]]:
    if section := kinds()[kind]:
        return {name: _registered(section, name) for name in sorted(SECTIONS[section].registry)}
    from topo.config import names

    return {name: {"summary": _title(kind, name)} for name in names(kind)}


def _registered(section: str, name: str) -> dict[str, Any]:
    from topo.config.signatures import own_parameters

    parameters = own_parameters(section, SECTIONS[section].function(name))
    return {
        "summary": SECTIONS[section].summary(name),
        "parameters": {key: None if default is ... else default for key, (_, default) in parameters.items()},
        "required": [key for key, (_, default) in parameters.items() if default is ...],
    }


def _title(kind: str, name: str) -> str:
    """Return what a shipped file says of itself: its title, name or first comment."""
    from topo.config import Files

    text, _ = Files().read(kind, name)
    said = re.search(r"^(?:title|name):\s*(.+)$", text, re.MULTILINE) or re.search(r"^#\s*(.+)$", text, re.MULTILINE)
    return said[1].strip().strip("'\"") if said else ""


def _keys(entry: dict[str, Any]) -> str:
    from topo.cli.output import text

    needed = entry.get("required", [])
    return ", ".join(
        key if key in needed or value is None else f"{key}={value if isinstance(value, int) else text(value)}"
        for key, value in entry.get("parameters", {}).items()
    )
