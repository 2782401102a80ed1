"""Provenance: what ran, on what, and how to run it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from topo.report import names, words
from topo.report.panels.blocks import Notes, Panel, Show, Source
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import name, table

_COMMAND = ("command", "argv", "command_line")


def panel(view: View) -> Panel:
    """Return command, versions and hashes."""
    run = view.study.run
    command = _command(run)
    study = "study.yaml" if view.study.text else "the study file"
    again = f"topo study {study} -o AGAIN\ntopo report AGAIN"
    seeds = names.order(words.text(value) for c in view.cases for value in _seeds(c.record.case))
    answer = (
        f"Put {study} beside you and run one command; seeds are {words.listing(seeds)}."
        if seeds
        else f"Put {study} beside you and run one command; nothing here was drawn at random."
    )
    facts = [(key, value) for key, value in _flat(run) if key not in _COMMAND]
    blocks = (
        Source("Command that wrote this", command, folded=False) if command else None,
        Source("To reproduce", again, folded=False),
        Show(table("run", "Run", (name("Key"), name("Value")), facts)) if facts else None,
        _files(view),
        _hashes(view),
    )
    return make("provenance", "Provenance", "Where do these numbers come from?", answer, blocks, folded=True)


#: File in the folder of a study -> what is in it.
_FILES = {
    "records.parquet": "every case with its inputs and results, a row each",
    "records.jsonl": "the same as JSON lines",
    "cases/*/links.parquet": "load and capacity of every link, a file for each case",
    "cases/*/traffic.parquet": "bytes between endpoints, a file for each case",
}


def _files(view: View) -> Notes | None:
    """Return where the numbers lie for other programs: the files that are there in the folder of the study."""
    lines = [f"{name}: {what}." for name, what in _FILES.items() if next(view.study.folder.glob(name), None)]
    return Notes(tuple(lines), "In the folder of the study, units in SI") if lines else None


def _command(run: dict[str, Any]) -> str:
    command = next((run[key] for key in _COMMAND if run.get(key)), "")
    return shlex.join(map(str, command)) if isinstance(command, list) else str(command)


def _seeds(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("seed", "seeds") and item is not None:
                yield item
            else:
                yield from _seeds(item)


def _flat(run: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in run.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key} ")
        else:
            yield f"{prefix}{key}".replace("_", " "), words.text(value)


def _hashes(view: View) -> Show:
    rows = [(case.record.name, case.title, case.record.status, case.record.hash) for case in view.cases]
    columns = (name("Case"), name("What"), name("Status"), name("SHA-256 of its resolved input"))
    return Show(table("hashes", "Cases and their hashes", columns, rows, folded=True, filterable=len(rows) > 12))
