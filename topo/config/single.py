"""Inputs of the command line: one section, or one case, as a spec string or a YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from topo.config.case import SECTIONS, Case, axis_part
from topo.config.data import Files, is_path, read_text
from topo.config.document import Document, Places, parse_mapping
from topo.config.errors import ConfigError, unknown
from topo.config.hardware import with_rates
from topo.config.sections import check_section
from topo.config.spec import parse_section
from topo.units import LARGEST_WHOLE

#: Suffixes that mean a YAML file rather than a spec string.
YAML_SUFFIXES = (".yaml", ".yml")
#: A section: a spec string or a file as on the command line, or a mapping as in a study file.
Words = str | Mapping[str, Any] | None


def read_part(*, seed: int = 0, **sections: str | None) -> Case:
    """Return a case of ``sections`` alone, each checked by itself; all others are absent.

    >>> read_part(traffic="shift:by=2").traffic
    {'pattern': 'shift', 'bytes': 1048576, 'by': 2}

    Raises ConfigError with every problem.
    """
    files, found = Files(), []
    checked: dict[str, dict[str, Any] | None] = dict.fromkeys(SECTIONS)
    for section, text in sections.items():
        if text is not None:
            document = read_document(section, text)
            document = with_rates(document, files) if section == "fabric" else document
            checked[section], problems = check_section(section, document, seed=seed)
            found += problems
    if found:
        raise ConfigError.of(found)
    return Case(str(sections.get("fabric", "")), {}, checked, seed=seed, files=files)


def read_case(
    fabric: Words,
    traffic: Words = None,
    *,
    seed: int = 0,
    name: str | None = None,
    **sections: Words,
) -> Case:
    """Return the case of spec strings, files or mappings of the words of a study; paths start from the current folder.

    ``sections`` are further ones of ``SECTIONS``, such as ``routing``; a default stands for one that is None.

    Raises ConfigError with every problem, those of sections that do not go together included.
    """
    from topo.config.check import check_case  # which looks at traffic, and a part needs none

    if not 0 <= (seed if isinstance(seed, int) else -1) <= LARGEST_WHOLE:
        raise ConfigError(f"seed: a whole number from 0 on is needed; got {seed!r}")
    words: dict[str, Any] = {"seed": seed}
    places: Places = {}
    for section, text in {"fabric": fabric, "traffic": traffic, **sections}.items():
        if section not in SECTIONS:
            raise ConfigError(unknown(section, SECTIONS, "section"))
        if text is None:
            continue
        document = read_document(section, text) if isinstance(text, str) else Document(_mapping(section, text), {})
        words[section] = document.data
        places |= {(section, *path): place for path, place in document.places.items()}
    case, problems = check_case(Document(words, places), Files(), name=name or str(fabric), pairs=False)
    if problems:
        raise ConfigError.of(problems)
    return case


def _mapping(section: str, words: object) -> dict[str, Any]:
    """Return the words of ``section`` that came as a mapping.  Raises ConfigError for anything else."""
    if isinstance(words, Mapping):
        return dict(words)
    raise ConfigError(f"{section}: words, a file or a mapping is needed; got {words!r} ({type(words).__name__})")


def read_draws(
    fabric: str, traffic: str | None = None, *, seed: int = 0, seeds: int, **sections: str | None
) -> list[Case]:
    """Return the case of spec strings or files under ``seeds`` seeds that follow from ``seed``, as studies take them.

    Raises ConfigError as ``read_case`` does.
    """
    from topo.config.seeds import following

    cases = [read_case(fabric, traffic, seed=each, **sections) for each in following(seed, seeds)]
    return [replace(c, name=f"{c.name} / {axis_part('seed', c.seed)}", labels={"seed": c.seed}) for c in cases]


def read_document(section: str, text: str) -> Document:
    """Return the mapping behind a spec string or a YAML file; a registered name wins over a file.

    A study file gives its section of that name.  Raises ConfigError where it cannot be read.
    """
    head = text.partition(":")[0]
    if (
        not SECTIONS[section].word
        or head in SECTIONS[section].registry
        or not (is_path(text) and text.endswith(YAML_SUFFIXES))
        or (SECTIONS[section].by_path and _is_foreign(text))
    ):
        return parse_section(text, section)
    document = parse_mapping(read_text(Path(text), text), text)
    return document.at(section) if isinstance(document.data.get(section), dict) else document


def _is_foreign(path: str) -> bool:
    from topo.formats.nouns import of_other_program

    return of_other_program(Path(path))
