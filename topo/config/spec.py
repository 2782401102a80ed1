"""Spec strings: ``name:key=value,key=value`` on the command line means the mapping that YAML would hold.

Split at the first ``:``, then at commas outside double quotes and brackets, then
at the first ``=``; values are YAML scalars.
"""

from __future__ import annotations

from topo.config.case import SECTIONS
from topo.config.document import Document, Places, TooLarge, parse_scalar
from topo.config.errors import ConfigError


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
    """Return the mapping that ``text`` stands for in section ``key``: a spec string, or the one key it has."""
    section = SECTIONS[key]
    return parse_spec(text, section.word) if section.word else Document({section.only: text})


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
