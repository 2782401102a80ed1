"""YAML 1.2 with the place of every value.

The loader gives plain dicts, lists and scalars beside a map from paths (tuples
of keys and indices) to ``file:line:column``.  Duplicate keys are errors, and
aliases are expanded up to a limit, so a small file cannot become a large one.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from topo.config.errors import ConfigError
from topo.units import LARGEST_WHOLE

#: Values that one document may hold once its aliases are expanded.
MAX_VALUES = 100_000
#: More digits in a row than Python reads as a number.
_TOO_LONG = re.compile(r"\d[\d_]{4000,}")
#: What YAML 1.2 reads as a whole number that fits, as a word, or as a rate or size such as 400Gb/s, whoever reads it.
_WHOLE = re.compile(r"0|[1-9]\d{0,17}", re.ASCII)
_WORD = re.compile(r"(?!(?:true|false|null)\b)[a-z][a-z\d-]*|[1-9]\d{0,17}[kKMGT]i?[bB](?:/s)?", re.ASCII)

Path = tuple[str | int, ...]
Places = dict[Path, str]


class TooLarge(ConfigError):
    """A number that no computation here could hold."""


@dataclass(frozen=True)
class Document:
    """A document as plain data, and where each of its values stands."""

    data: Any
    places: Places = field(default_factory=dict)

    def place(self, path: Path) -> str:
        """Return where ``path`` stands, or the nearest value around it that was written."""
        return nearest_place(self.places, path)

    def at(self, *path: str | int) -> Document:
        """Return the part below ``path``."""
        data = self.data
        for step in path:
            data = data[step]
        return Document(data, below(self.places, path))

    def parts(self) -> list[Document]:
        """Return the parts of a list; one pass over all places, where ``at`` takes one for each part."""
        places: list[Places] = [{} for _ in self.data]
        for path, place in self.places.items():
            if path:
                places[int(path[0])][path[1:]] = place
        return [Document(data, own) for data, own in zip(self.data, places, strict=True)]


def nearest_place(places: Places, path: Path) -> str:
    """Return the place of ``path`` or of the closest value around it."""
    for length in range(len(path), -1, -1):
        if path[:length] in places:
            return places[path[:length]]
    return ""


def below(places: Places, path: Path) -> Places:
    """Return the places below ``path``, as seen from there."""
    n = len(path)
    return {key[n:]: place for key, place in places.items() if key[:n] == path}


def parse(text: str, shown: str) -> Document:
    """Return the document of ``text``; ``shown`` names it in messages.

    Raises ConfigError for what is not YAML 1.2, for a duplicate key, more than one document,
    a key that is not text, a number that is infinite or too large, text that is no Unicode, or nothing at all.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML()
    yaml.version = (1, 2)
    try:
        with warnings.catch_warnings(action="ignore"):  # an anchor may be given again, as YAML says
            raw = yaml.load(StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark else shown
        raise ConfigError(f"{place}: not YAML 1.2: {_first_line(error.problem or error.context)}") from None
    except RecursionError:
        raise ConfigError(f"{shown}: is nested too deeply to be read") from None
    except ValueError as error:
        long = _TOO_LONG.search(text)
        if long is None:
            raise ConfigError(f"{shown}: not YAML 1.2: {_first_line(str(error))}") from None
        line = text.count("\n", 0, long.start())
        place = _at(shown, line, long.start() - (text.rfind("\n", 0, long.start()) + 1))
        raise TooLarge(f"{place}: {_too_large(long[0])}") from None
    except (YAMLError, TypeError, AttributeError, KeyError, IndexError, NotImplementedError) as error:
        raise ConfigError(f"{shown}: not YAML 1.2: {_first_line(str(error))}") from None
    if raw is None:
        raise ConfigError(f"{shown}: is empty; a mapping is needed")
    places: Places = {(): f"{shown}:1:1"}
    try:
        data = _plain(raw, (), places, shown)
    except RecursionError:
        raise ConfigError(f"{shown}: is nested too deeply to be read") from None
    return Document(data, places)


def parse_mapping(text: str, shown: str) -> Document:
    """Return the document of ``text``, which must be a mapping."""
    document = parse(text, shown)
    if not isinstance(document.data, dict):
        raise ConfigError(f"{shown}:1:1: a mapping (key: value) is needed; got {describe(document.data)}")
    return document


def parse_scalar(text: str) -> Any:
    """Return a YAML value written on one line: ``64``, ``rail``, ``1e3``, ``[1, 2]``; what cannot be read is text.

    Raises TooLarge for a number that is, with no place.
    """
    if not text.strip():
        return ""
    if _WORD.fullmatch(text):
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        return parse(text, "value").data
    except TooLarge as error:
        raise TooLarge(str(error).partition(": ")[2]) from None
    except ConfigError:
        return None if text.strip() in ("null", "~") else text


def describe(value: Any) -> str:
    """Return ``value`` as a message shows it: short, with its kind."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _plain(value: Any, path: Path, places: Places, shown: str) -> Any:
    if len(places) > MAX_VALUES:
        raise ConfigError(f"{shown}: holds over {MAX_VALUES} values once its aliases are expanded")
    if isinstance(value, dict):
        return {key: _plain(child, (*path, key), places, shown) for key, child in _items(value, path, places, shown)}
    if isinstance(value, list):
        for i in range(len(value)):
            # A list that carries a tag has no places of its own.
            place = value.lc.item(i) if hasattr(value, "lc") else None
            places[(*path, i)] = _at(shown, *place) if place else nearest_place(places, path)
        return [_plain(child, (*path, i), places, shown) for i, child in enumerate(value)]
    return _scalar(value, nearest_place(places, path))


def _items(value: Any, path: Path, places: Places, shown: str) -> Iterator[tuple[str, Any]]:
    for key, child in value.items():
        try:
            place = _at(shown, *value.lc.key(key))
        except (KeyError, TypeError, AttributeError):  # merged with <<, so it stands elsewhere
            place = nearest_place(places, path)
        if not isinstance(key, str):
            raise ConfigError(f"{place}: a key must be text; got {describe(key)}; put it in quotes")
        _check_text(key, place)
        places[(*path, str(key))] = place
        yield str(key), child


def _scalar(value: Any, place: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if type(value).__name__ == "ScalarBoolean":
        return bool(value)
    if isinstance(value, int):
        if not -LARGEST_WHOLE <= value <= LARGEST_WHOLE:
            raise TooLarge(f"{place}: {_too_large(str(int(value)))}")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ConfigError(f"{place}: a number must be finite; got {value}")
        return float(value)
    if isinstance(value, Set | bytes):
        raise ConfigError(f"{place}: a {'set' if isinstance(value, Set) else 'binary value'} has no meaning here")
    # Dates and other tagged values stay what was written: no key here means either.
    return _check_text(str(value), place)


def _check_text(text: str, place: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{place}: text must be Unicode, which half a surrogate pair is not; got {text!r}") from None
    return text


def _too_large(digits: str) -> str:
    few = digits if len(digits) <= 24 else f"{digits[:20]}... ({len(digits)} digits)"
    return f"a whole number must fit 64 bits, so {LARGEST_WHOLE} is the largest; got {few}"


def _at(shown: str, line: int, column: int) -> str:
    return f"{shown}:{line + 1}:{column + 1}"


def _first_line(text: str | None) -> str:
    return (text or "it cannot be read").strip().splitlines()[0]
