"""JSON Schema of records, made from what every quantity says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topo.config.case import SCHEMA_VERSION
from topo.quantities import QUANTITIES, Quantity

_RECORD = "record.json:"
_STATUS = ("failed", "ok", "refused")


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of record.json; a result that no quantity describes is an error there."""
    record = _object(one for key, one in QUANTITIES.items() if key.startswith(_RECORD))
    results = _object(one for key, one in QUANTITIES.items() if ":" not in key and "." not in key)
    properties = record["properties"]
    properties["schema_version"] = {"const": SCHEMA_VERSION}
    properties["status"] = {"enum": list(_STATUS)}
    properties["case"] = {"type": "object", "description": properties["case"]["description"]}
    properties["results"] = results | {"description": properties["results"]["description"]}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "planewise record"}
    return head | record | {"required": sorted(properties)}


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
    nullable = [one.kind, "null"]
    if one.format != "rows":
        return {"type": nullable}
    head = f"{one.key}.*." if one.shape == "map" else f"{one.key}."
    inner = (other for key, other in QUANTITIES.items() if key.startswith(head) and "." not in key[len(head) :])
    return _object(inner) | {"type": nullable}
