"""Whether a value is what its JSON Schema says, for the words that our own schemas are written in.

What a schema does not name is let through if JSON can hold it: a later version may know more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

#: The whole numbers that tables can hold.
_LEAST, _MOST = -(2**63), 2**63 - 1
#: Type in JSON -> types here; a boolean is no number, though Python says so.
_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


def parse(content: bytes) -> Any:
    """Return what a JSON text holds.

    Raises ValueError for what is no JSON in UTF-8 of bounded depth, for NaN and infinite numbers.

    >>> parse(b'{"a": NaN}')
    Traceback (most recent call last):
    ...
    ValueError: NaN is no number of JSON
    """
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is no UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("nested too deep") from None


def departure(value: Any, schema: Mapping[str, Any]) -> str:
    """Return the place and the rule where ``value`` first departs from ``schema``; empty where it nowhere does.

    >>> departure({"a": [1, "x"]}, {"properties": {"a": {"items": {"type": "integer"}}}})
    'a.1: integer is needed, not "x"'
    """
    try:
        place, rule = _departure(value, schema, ())
    except RecursionError:
        return "nested too deep"
    return f"{'.'.join(map(str, place))}: {rule}".removeprefix(": ") if rule else ""


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


_Found = tuple[tuple[str | int, ...], str]
_NONE: _Found = ((), "")


def _departure(value: Any, schema: Mapping[str, Any], place: tuple[str | int, ...]) -> _Found:
    rule = _holds(value) or _wrong(value, schema)
    if rule:
        return place, rule
    if isinstance(value, dict):
        return _in_object(value, schema, place)
    items = schema.get("items", {})
    parts = enumerate(value) if isinstance(value, list) else ()
    return next((found for i, part in parts if (found := _departure(part, items, (*place, i)))[1]), _NONE)


def _in_object(value: dict[str, Any], schema: Mapping[str, Any], place: tuple[str | int, ...]) -> _Found:
    for key in schema.get("required", ()):
        if key not in value:
            return place, f"{key} is missing"
    known, others = schema.get("properties", {}), schema.get("additionalProperties") or {}
    for key, part in value.items():
        found = _departure(part, known.get(key, others), (*place, key)) if not (rule := _holds(key)) else (place, rule)
        if found[1]:
            return found
    return _NONE


def _holds(value: Any) -> str:
    """Return why no table or file can hold ``value``."""
    if isinstance(value, float) and not math.isfinite(value):
        return "a finite number is needed"
    if isinstance(value, int) and not _LEAST <= value <= _MOST:
        return "a number of 64 bits is needed"
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return "text must be Unicode, which half a surrogate pair is not"
    return ""


def _wrong(value: Any, schema: Mapping[str, Any]) -> str:
    types = schema.get("type", ())
    names = [types] if isinstance(types, str) else list(types)
    if names and not any(_is(value, name) for name in names):
        return f"{' or '.join(names)} is needed, not {_shown(value)}"
    if "const" in schema and not (_is(value, "integer") and value == schema["const"]):
        return f"{_shown(schema['const'])} is needed, not {_shown(value)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"one of {', '.join(map(str, schema['enum']))} is needed, not {_shown(value)}"
    return ""


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:30]}..."
