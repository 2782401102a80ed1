"""Deep merges of documents, so that every value of a case still knows where it was written."""

from __future__ import annotations

from typing import Any

from topo.config.case import SECTIONS
from topo.config.document import Document, Path, Places, describe
from topo.config.errors import ConfigError
from topo.config.spec import parse_section, with_word


def merge(base: Document, over: Document) -> Document:
    """Return ``base`` with ``over`` on top: mappings merge key by key, all else replaces.

    A mapping that names its family, pattern, policy or solver starts afresh.
    """
    places = dict(base.places)
    return Document(_overlay(base.data, over, (), places), places)


def set_at(base: Document, dotted: str, value: Document) -> Document:
    """Return ``base`` with ``value`` merged in at a dotted path such as ``fabric.planes``.

    Raises ConfigError where the path leads through something that is not a mapping.
    """
    *around, last = dotted.split(".")
    data: Any = base.data
    for step in around:
        data = data.get(step) if isinstance(data, dict) else data
    if around and not (data is None or isinstance(data, dict)):
        raise ConfigError(f"{value.place(())}: {dotted}: there is no {'.'.join(around)} to set {last} of")
    nested, places = value.data, value.places
    for step in reversed(dotted.split(".")):
        nested = {step: nested}
    prefix = tuple(dotted.split("."))
    moved = {prefix + path: place for path, place in places.items()}
    return merge(base, Document(nested, moved))


def unfold(document: Document) -> Document:
    """Return a mapping of sections with spec strings turned into the mappings they stand for.

    Raises ConfigError for a spec string that cannot be read.
    """
    data, places = dict(document.data), document.places
    for section in SECTIONS:
        if isinstance(data.get(section), str):
            value = unfold_section(section, document.at(section))
            data[section] = value.data
            places = places | {(section, *path): value.place(path) for path in [(), *((key,) for key in value.data)]}
        elif isinstance(data.get(section), dict):
            value = unfold_section(section, document.at(section))
            data[section] = value.data
            places = places | {(section, *path): place for path, place in value.places.items()}
    return Document(data, places)


def unfold_section(section: str, value: Document) -> Document:
    """Return the mapping that a spec string of ``section`` stands for, each key placed where the string stands.

    A mapping gets the word that names its entry, where a path stands for one.
    """
    if section not in SECTIONS or not isinstance(value.data, str):
        return with_word(value, section) if section in SECTIONS else value
    place = value.place(())
    try:
        return Document(parse_section(value.data, section).data, {(): place})
    except ConfigError as error:
        raise ConfigError(f"{place}: {section}: {error}") from None


def _overlay(base: Any, over: Document, path: Path, places: Places) -> Any:
    """Return ``base`` with ``over`` on top; ``places``, from the root, are brought up to date below ``path``."""
    value = over.data
    if not (isinstance(base, dict) and isinstance(value, dict)) or _starts_afresh(value, path):
        n = len(path)
        for stale in [key for key in places if key[:n] == path]:
            del places[stale]
        places.update({path + key: place for key, place in over.places.items()})
        return value
    data = dict(base)
    if () in over.places:
        places[path] = over.places[()]
    for key in value:
        data[key] = _overlay(data.get(key), over.at(key), (*path, key), places)
    return data


def _starts_afresh(over: dict[str, Any], path: Path) -> bool:
    return len(path) == 1 and word_of(str(path[0])) in over


def word_of(section: str) -> str:
    """Return the key that names an entry of ``section``; empty where ``section`` has none, or is no section."""
    return SECTIONS[section].word if section in SECTIONS else ""


def label_of(value: Any, section: str) -> Any:
    """Return what a swept value is called: scalars themselves, mappings by name, family, pattern and so on."""
    if isinstance(value, dict):
        word = word_of(section)
        return value.get("name") or value.get(word) or spec_of(value, word)
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return "none" if value is None else value


def spec_of(value: dict[str, Any], word: str) -> str:
    """Return a mapping as a spec string."""
    keys = ",".join(f"{k}={v}" for k, v in value.items() if k not in (word, "name") and not isinstance(v, dict))
    head = str(value.get(word, ""))
    return f"{head}:{keys}" if head and keys else head or keys or describe(value)
