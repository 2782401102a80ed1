"""JSON Schema of records, made from what every quantity says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topo.config.case import SCHEMA_VERSION, SECTIONS
from topo.quantities import QUANTITIES, Quantity

_RECORD, _RUN = "record.json:", "run.json:"
_STATUS = ("failed", "ok", "refused")


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of record.json; a result that no quantity describes is an error there."""
    record = _file(_RECORD)
    results = _object(one for key, one in QUANTITIES.items() if ":" not in key and "." not in key)
    properties = record["properties"]
    properties["schema_version"] = {"const": SCHEMA_VERSION}
    properties["status"] = {"enum": list(_STATUS)}
    properties["case"] = _case() | {"description": properties["case"]["description"]}
    properties["results"] = results | {"description": properties["results"]["description"]}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "planewise record"}
    return head | record | {"required": sorted(properties)}


def run_schema() -> dict[str, Any]:
    """Return the JSON Schema of run.json; a run of another version may have left keys out."""
    return _file(_RUN)


def _file(name: str) -> dict[str, Any]:
    head = [one for key, one in QUANTITIES.items() if key.startswith(name) and "." not in key.removeprefix(name)]
    return _object(head)


def _case() -> dict[str, Any]:
    """Return the schema of a resolved input; what its sections may hold is for those who read studies."""
    sections = {
        key: {"type": ["object", "null"], "properties": {section.word or section.only: {"type": "string"}}}
        for key, section in SECTIONS.items()
    }
    own: dict[str, Any] = {
        "name": {"type": "string"},
        "labels": {"type": "object"},
        "panel": {"type": ["string", "null"]},
        "seed": {"type": ["integer", "null"]},
        "files": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    return {"type": "object", "properties": own | sections, "required": ["labels", "name"]}


def _object(quantities: Iterable[Quantity]) -> dict[str, Any]:
    properties = {one.key.rpartition(":")[2].rpartition(".")[2]: _value(one) for one in quantities}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _value(one: Quantity) -> dict[str, Any]:
    """Return the schema of one value, its unit in the description; any may be null: undefined or infinite."""
    unit = f" [{one.unit}]" if one.unit else ""
    shapes: dict[str, dict[str, Any]] = {
        "one": _item(one),
        "list": {"type": ["array", "null"], "items": _item(one)},
        "map": {"type": ["object", "null"], "additionalProperties": _item(one)},
    }
    return {"title": one.title, "description": one.meaning + unit} | shapes[one.shape]


def _item(one: Quantity) -> dict[str, Any]:
    """Return the schema of one value, of an entry of a list or of a map; a row of a list has all of its keys."""
    nullable = [one.kind, "null"]
    if one.format != "rows":
        return {"type": nullable}
    head = f"{one.key}.*." if one.shape == "map" else f"{one.key}."
    inner = (other for key, other in QUANTITIES.items() if key.startswith(head) and "." not in key[len(head) :])
    row = _object(inner)
    if one.shape == "list":
        return row | {"required": sorted(row["properties"])}
    return row | {"type": nullable}
