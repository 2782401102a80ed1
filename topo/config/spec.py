"""Spec strings: ``name:key=value,key=value`` on the command line means the mapping that YAML would hold.

Split at the first ``:``, then at commas outside double quotes and brackets, then
at the first ``=``; values are YAML scalars.
"""

from __future__ import annotations

import re

from topo.config.case import SECTIONS, Section
from topo.config.data import is_path
from topo.config.document import Document, Places, TooLarge, parse_scalar
from topo.config.errors import ConfigError

#: How a spec string with parameters begins, whatever its values hold.
_SPEC = re.compile(r"[\w-]+:\s*\w+\s*=")


def parse_spec(text: str, word: str) -> Document:
    """Return the mapping of ``text``; the name goes under ``word`` (family, pattern, policy, solver).

    >>> parse_spec("fat-tree-2:radix=64,rate=400Gb/s", "family").data
    {'family': 'fat-tree-2', 'radix': 64, 'rate': '400Gb/s'}

    Raises ConfigError for a part without ``=``, an empty name, or a key given twice.
    """
    name, _, rest = text.partition(":")
    name = name.strip()
    if not name:
        raise ConfigError(f"{text!r}: starts with no name; write name:key=value,key=value")
    data: dict[str, object] = {word: name}
    places: Places = {(): text, (word,): text}
    for part in _split(rest):
        key, equals, value = part.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ConfigError(f"{text}: {part.strip()!r} is not key=value")
        if key in data:
            raise ConfigError(f"{text}: {key}: given twice; keep one")
        try:
            data[key] = parse_scalar(value.strip())
        except TooLarge as error:
            raise ConfigError(f"{text}: {key}: {error}") from None
        places[(key,)] = text
    return Document(data, places)


def parse_section(text: str, key: str) -> Document:
    """Return the mapping that ``text`` stands for in section ``key``: a spec string, a path, or the one key it has."""
    section = SECTIONS[key]
    if _is_file(text, section) and section.by_path:
        return Document({section.word: section.by_path, "path": text}, {(): text})
    return parse_spec(text, section.word) if section.word else Document({section.only: text})


def _is_file(text: str, section: Section) -> bool:
    """Return whether ``text`` is a path and no spec string: those have a registered name, or a name and a key."""
    return text.partition(":")[0] not in section.registry and is_path(text) and not _SPEC.match(text)


def with_word(document: Document, key: str) -> Document:
    """Return the mapping of section ``key`` with its word: ``{file: a.csv}`` means family file with path a.csv."""
    section, data = SECTIONS[key], document.data
    if not isinstance(data, dict) or section.word in data:
        return document
    short = section.by_path
    if not short or short not in data:
        return document
    words = {section.word: short, "path": data[short]} | {k: value for k, value in data.items() if k != short}
    return Document(words, document.places | {(k,): document.place((short,)) for k in (section.word, "path")})


def _split(text: str) -> list[str]:
    parts, start, depth, quoted = [], 0, 0, False
    for i, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in "[{":
            depth += 1
        elif not quoted and letter in "]}":
            depth -= 1
        elif letter == "," and not quoted and depth <= 0:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]
