"""What pydantic finds wrong with a mapping, as the house says it: the key, what was given, what is allowed."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from topo.config.document import Document, describe
from topo.config.errors import MISSING, Problem, unknown
from topo.parameters import choices, in_words

_RANGE = ("greater_than_equal", "greater_than", "less_than_equal", "less_than")
_NEEDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "none_required": "null",
    "model_type": "a mapping",
}


def check_model(shape: type[BaseModel], document: Document, prefix: str) -> tuple[dict[str, Any], list[Problem]]:
    """Return ``document`` with the defaults of ``shape``, and what is wrong with it, all at once."""
    try:
        return shape.model_validate(document.data).model_dump(by_alias=True), []
    except ValidationError as error:
        return {}, problems_of(error, shape, document, prefix)


def problems_of(error: ValidationError, shape: type[BaseModel], document: Document, prefix: str) -> list[Problem]:
    """Return pydantic's errors as problems: one a key, saying what was given and what is allowed."""
    by_key: dict[tuple[Any, ...], list[Any]] = {}
    for detail in error.errors():
        by_key.setdefault(tuple(detail["loc"][:1]), []).append(detail)
    problems = []
    for loc, details in by_key.items():
        text = _explain(details, shape, document)
        key = ".".join([*([prefix] if prefix else []), *map(str, loc)])
        problems.append(Problem(document.place(loc), key, text))
    return problems


def _explain(details: list[Any], shape: type[BaseModel], document: Document) -> str:
    first = details[0]
    kind, key = first["type"], first["loc"][0] if first["loc"] else ""
    names = [field.alias or name for name, field in shape.model_fields.items()]
    if kind == "extra_forbidden":
        return unknown_key(names, key)
    if kind == "missing":
        return MISSING
    given = document.data.get(key) if isinstance(document.data, dict) else None
    # A union fails once a member; a value of the right kind that is wrong says the most.
    said = [d for d in details if d["type"] == "value_error"]
    if said:
        return str(said[0]["ctx"]["error"])
    field = next((f for name, f in shape.model_fields.items() if (f.alias or name) == key), None)
    listed = field is not None and any(d["type"] == "literal_error" for d in details)
    allowed = [str(v).lower() if isinstance(v, bool) else str(v) for v in choices(field.annotation)] if field else []
    if listed and (isinstance(given, str) or all(d["type"] in ("literal_error", "bool_type") for d in details)):
        return (
            unknown(given, allowed)
            if isinstance(given, str)
            else f"is {describe(given)}; allowed: {', '.join(allowed)}"
        )
    limits = in_words(field.metadata) if field else ""
    beyond = any(detail["type"] in _RANGE for detail in details) and " and " in limits
    others = [detail for detail in details if detail["type"] != "literal_error"]
    needs = [limits] if beyond else list(dict.fromkeys(_need(detail) for detail in others))
    needs += allowed if listed else []
    meaning = f" ({field.description})" if field and field.description else ""
    return f"{' or '.join(needs)} is needed; got {describe(given)}{meaning}"


def unknown_key(names: list[str], key: object) -> str:
    """Return the message for a key that does not exist."""
    return f"unknown key; {unknown(key, names).split('; ', 1)[1]}"


def _need(detail: Any) -> str:
    context = detail.get("ctx", {})
    if detail["type"] == "greater_than_equal":
        return f"{context['ge']:g} or more"
    if detail["type"] == "greater_than":
        return f"a number above {context['gt']:g}"
    if detail["type"] == "less_than":
        return f"a number below {context['lt']:g}"
    if detail["type"] == "less_than_equal":
        return f"at most {context['le']:g}"
    return _NEEDS.get(detail["type"], str(detail["msg"]).removeprefix("Input should be "))
