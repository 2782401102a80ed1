"""Jobs of a section: where each runs, and a section of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, Field

from topo.config.case import SECTIONS
from topo.config.document import Document
from topo.config.errors import MISSING, Problem
from topo.config.keys import Count, Duration
from topo.config.shapes import check_model
from topo.config.signatures import STRICT


class Placement(BaseModel):
    """Where and when a job runs: on ``hosts`` whole hosts ``first``, ``first + stride``, .., or on ``nodes``."""

    model_config = STRICT
    name: str = ""
    hosts: Count | None = None
    nodes: str | None = None
    first: Annotated[int, Field(ge=0)] | None = None
    stride: Count = 1
    start: Duration = 0


#: Returns the resolved mapping of a section and what is wrong with it.
Check = Callable[[str, Document], tuple[dict[str, Any], list[Problem]]]
#: Keys of a job that are not keys of its own traffic.
JOB_KEYS = frozenset(Placement.model_fields)


def with_parts(
    resolved: dict[str, Any], key: str, name: str, document: Document, check: Check
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
        own, more = check(key, what)
        jobs.append(placed | own)
        problems += wrong + [replace(p, key=p.key.replace(key, prefix, 1)) for p in more]
    return ({}, problems) if problems else (resolved | {name: jobs}, [])
