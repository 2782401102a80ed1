"""Models of a case: a shipped name, a file, or figures that stand in the study, each complete or refused.

A mapping may name a ``base``: a model whose figures hold where the mapping says nothing.  Nothing else is
taken from another model.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from topo.config.data import Files
from topo.config.document import Document, parse_mapping
from topo.config.errors import ConfigError
from topo.formats import MODELS
from traffic.hub import FIELDS_OF
from traffic.model import Model, ModelError

#: Key of a mapping that names the model it starts from.
BASE = "base"


def load_model(name: str, files: Files | None = None) -> Model:
    """Return the model of a shipped name or of a file: a hub's config.json, or YAML.

    Raises ConfigError as file:line:column at the key that is wrong or, where some are missing, at the file.
    """
    return Model.of(model_figures(name, files))


def model_figures(given: str | Mapping[str, Any], files: Files | None = None) -> dict[str, Any]:
    """Return the figures of a model by name, file or mapping, complete as ``Model.of`` takes them.

    Raises ConfigError for a file, ModelError for a mapping that is not right.
    """
    there = files or Files()
    if isinstance(given, Mapping):
        return _on_base(given, there)
    text, shown = there.read("models", given)
    document = _document(text, shown)
    if BASE not in document.data:
        return dict(_figures(text, shown))
    return _checked(document, _on_base(document.data, there, shown))


def files_of(given: object) -> list[str]:
    """Return the names and files that a ``model`` as written refers to."""
    named = given.get(BASE) if isinstance(given, Mapping) else given
    return [named] if isinstance(named, str) else []


def remarks(given: object, files: Files) -> list[str]:
    """Return what was taken for granted in reading a ``model`` that is right; nothing of one that is not."""
    if not isinstance(given, str | Mapping):
        return []
    try:
        model = Model.of(model_figures(given, files))
    except (ConfigError, ModelError):
        return []
    return [f"model {model.name}: {remark}" for remark in model.remarks]


def _on_base(given: Mapping[str, Any], files: Files, shown: str = "") -> dict[str, Any]:
    """Return ``given`` over the figures of its base; that of a base is not followed further."""
    if BASE not in given:
        return dict(given)
    base, own = given[BASE], {key: value for key, value in given.items() if key != BASE}
    if not isinstance(base, str) or base == shown:
        raise ModelError(BASE, f"model base must be a shipped name or another file; got {base!r}")
    start = _figures(*files.read("models", base))
    return {**start, "name": f"{start['name']}, changed", **own}


@lru_cache(maxsize=64)
def _document(text: str, shown: str) -> Document:
    return parse_mapping(text, shown)


@lru_cache(maxsize=64)
def _figures(text: str, shown: str) -> dict[str, Any]:
    document = _document(text, shown)
    told = [entry for entry in MODELS.values() if entry.fits(text)]
    entry = told[0] if told else list(MODELS.values())[-1]  # a sheet says itself what it misses
    try:
        figures = entry.function("read")(document.data, _called(shown))
    except ModelError as error:
        raise _placed(document, error) from None
    return _checked(document, figures)


def _checked(document: Document, figures: dict[str, Any]) -> dict[str, Any]:
    try:
        Model.of(figures)
    except ModelError as error:
        raise _placed(document, error) from None
    return figures


def _placed(document: Document, error: ModelError) -> ConfigError:
    """Return ``error`` at the key that it speaks of, by our name or by the hub's, wherever in the file that stands."""
    names = (error.key, *FIELDS_OF.get(error.key, ()))
    paths = [path for path in document.places if path and path[-1] in names]
    return ConfigError(f"{document.place(min(paths, key=len) if paths else ())}: {error}")


def _called(shown: str) -> str:
    """Return what a model of a file is called: the name of the file, of its folder where it is config.json.

    >>> _called("models/Qwen--Qwen3-32B.config.json"), _called("weights/llama/config.json"), _called("models/mine")
    ('Qwen--Qwen3-32B', 'llama', 'mine')
    """
    path = PurePath(shown)
    if path.name == "config.json":
        return path.parent.name or "config.json"
    stem = path.name
    for suffix in (".json", ".yaml", ".yml", ".config"):
        stem = stem.removesuffix(suffix)
    return stem or path.name
