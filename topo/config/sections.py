"""Checks one section of a study and fills in its defaults.

The result is what the user wrote, units as text, plus every default: it goes
into the record as it is.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from topo.config.case import SECTIONS
from topo.config.document import Document, describe
from topo.config.errors import ConfigError, Problem, unknown
from topo.config.keys import keys_of
from topo.config.plainly import completed
from topo.config.spec import parse_section


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
    keys = keys_of(key, name or "").of
    given = dict(document.data)
    if "seed" in keys:
        given.setdefault("seed", seed)
    resolved, problems = _checked(key, name or "", Document(given, document.places))
    parts = getattr(known.get(name or ""), "parts", "")
    if parts not in resolved:
        return resolved, problems
    from topo.config.parts import with_parts

    return with_parts(resolved, key, parts, document, partial(check_section, seed=seed))


def _checked(key: str, name: str, document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Return the mapping of an entry with its defaults, and what is wrong with it.

    What is plainly right needs no library: pydantic takes longer to load than a small case to compute.
    """
    resolved = completed(keys_of(key, name), document.data)
    if resolved is not None:
        return resolved, []
    from topo.config.shapes import check_model
    from topo.config.signatures import model

    return check_model(model(key, name), document, key)
