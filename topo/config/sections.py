"""Checks one section of a study and fills in its defaults.

The result is what the user wrote, units as text, plus every default: it goes
into the record as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from topo.config.case import SECTIONS
from topo.config.document import Document, describe
from topo.config.errors import ConfigError, Problem, unknown
from topo.config.signatures import STRICT, Count, Duration, model
from topo.config.spec import parse_section
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


class Placement(BaseModel):
    """Where and when a job runs: on ``hosts`` whole hosts ``first``, ``first + stride``, .., or on ``nodes``."""

    model_config = STRICT
    name: str = ""
    hosts: Count | None = None
    nodes: str | None = None
    first: Annotated[int, Field(ge=0)] | None = None
    stride: Count = 1
    start: Duration = 0


#: What is said of a key that is needed.
MISSING = "is missing"
#: Keys of a job that are not keys of its own traffic.
JOB_KEYS = frozenset(Placement.model_fields)


def check_section(key: str, document: Document, *, seed: int = 0) -> tuple[dict[str, Any], list[Problem]]:
    """Return the resolved mapping of section ``key`` and what is wrong with it.

    A spec string stands for its mapping.  ``seed`` fills the key of that name where the entry has one.
    """
    section = SECTIONS[key]
    if isinstance(document.data, str):
        try:
            document = parse_section(document.data, key)
        except ConfigError as error:
            return {}, [Problem(document.place(()), key, str(error))]
    if not isinstance(document.data, dict):
        written = f"{section.word}, or name:key=value," if section.word else section.only
        text = f"a mapping with {written} is needed; got {describe(document.data)}"
        return {}, [Problem(document.place(()), key, text)]
    if section.implied and section.word not in document.data:
        document = Document({section.word: next(iter(section.registry)), **document.data}, document.places)
    name, known = document.data.get(section.word), section.registry
    if section.word and (not isinstance(name, str) or name not in known):
        text = f"is missing; known: {', '.join(sorted(known))}" if name is None else unknown(name, known)
        return {}, [Problem(document.place((section.word,)), f"{key}.{section.word}", text)]
    shape = model(key, name or "")
    given = dict(document.data)
    if "seed" in shape.model_fields:
        given.setdefault("seed", seed)
    resolved, problems = check_model(shape, Document(given, document.places), key)
    parts = getattr(known.get(name or ""), "parts", "")
    return _with_parts(resolved, key, parts, document, seed) if parts in resolved else (resolved, problems)


def _with_parts(
    resolved: dict[str, Any], key: str, name: str, document: Document, seed: int
) -> tuple[dict[str, Any], list[Problem]]:
    """Return ``resolved`` with every job of its list ``name`` checked: where it runs, and a section of its own."""
    word, registry = SECTIONS[key].word, SECTIONS[key].registry
    if not resolved[name]:
        return {}, [Problem(document.place((name,)), f"{key}.{name}", "is empty; give at least one job")]
    jobs: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for i, given in enumerate(resolved[name]):
        part, prefix = document.at(name, i), f"{key}.{name}.{i}"
        where = Document({k: value for k, value in given.items() if k in JOB_KEYS}, part.places)
        what = Document({k: value for k, value in given.items() if k not in JOB_KEYS}, part.places)
        if getattr(registry.get(what.data.get(word)), "whole", False):
            text = f"{what.data[word]!r} cannot be the {word} of a job"
            problems.append(Problem(part.place((word,)), f"{prefix}.{word}", text))
            continue
        placed, wrong = check_model(Placement, where, prefix)
        if placed and placed["hosts"] is None and not placed["nodes"]:
            wrong = [Problem(part.place(()), f"{prefix}.hosts", f"{MISSING}; give a number of them, or nodes by name")]
        if placed and placed["nodes"] and (placed["first"] is not None or placed["stride"] != 1):
            wrong = [
                Problem(
                    part.place(("nodes",)), f"{prefix}.nodes", "says where the job runs; leave first and stride out"
                )
            ]
        own, more = check_section(key, what, seed=seed)
        jobs.append(placed | own)
        problems += wrong + [replace(p, key=p.key.replace(key, prefix, 1)) for p in more]
    return ({}, problems) if problems else (resolved | {name: jobs}, [])


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
