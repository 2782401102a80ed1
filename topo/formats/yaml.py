"""YAML of other programs: small, safe, and with the line where it breaks."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

from topo.formats.errors import FormatError

#: [bytes] of a YAML file; ruamel.yaml takes seconds a MB.
MOST_BYTES = 4 * 2**20
#: Aliases that a file may use: each may stand for a whole tree.
MOST_ALIASES = 100
#: Brackets that may be open at once; the time that ruamel.yaml takes grows with their square.
MOST_OPEN = 100
#: Text that is itself in YAML without quotes; words of YAML 1.1 and 1.2 that are none.
_PLAIN, _WORDS = re.compile(r"[A-Za-z][\w.,\[\]-]*"), {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def parse_yaml(text: str, shown: str) -> Any:
    """Return what a YAML text holds, in plain values.

    Raises FormatError for text that is no YAML, too large, or built of more aliases than people write.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if len(text) > MOST_BYTES:
        raise FormatError(f"{shown}: is over {MOST_BYTES >> 20} MiB, the most YAML that is read")
    if text.count("*") > MOST_ALIASES and text.count("&") > 1:
        raise FormatError(f"{shown}: is built of over {MOST_ALIASES} aliases; write it out")
    _check_open(text, shown)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor that is used twice is the last one's
            return YAML(typ="safe").load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark is not None else shown
        raise FormatError(f"{place}: is not YAML: {getattr(error, 'problem', None) or error}") from None
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise FormatError(f"{shown}: is not YAML: {error}") from None


def quoted(name: str) -> str:
    """Return ``name`` as YAML that stands for this text: in quotes where it would be a list, a number or a word."""
    plain = _PLAIN.fullmatch(name) is not None and name.lower() not in _WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)


def _check_open(text: str, shown: str) -> None:
    depth = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth = depth + 1 if match[0] in "[{" else max(depth - 1, 0)
        if depth > MOST_OPEN:
            line = text.count("\n", 0, match.start()) + 1
            raise FormatError(f"{shown}:{line}: over {MOST_OPEN} brackets are open; write lists line by line")
