"""pydantic models of the sections of a study, made of their keys: they say what is wrong, and make the schema."""

from __future__ import annotations

from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model

from topo.config.keys import Keys, keys_of
from topo.parameters import meaning

STRICT = ConfigDict(strict=True, extra="forbid", protected_namespaces=())


def model(key: str, name: str = "") -> type[BaseModel]:
    """Return the model of the mapping of section ``key``: that of its entry ``name``, or of the section itself.

    Raises ConfigError for a name that is not registered, with the nearest that is.
    """
    return _model(keys_of(key, name))


@lru_cache(maxsize=256)
def _model(keys: Keys) -> type[BaseModel]:
    fields: dict[str, Any] = {name: (_described(kind), default) for name, (kind, default) in keys.of.items()}
    return create_model(keys.title, __config__=STRICT, **fields)


def _described(annotation: Any) -> Any:
    """Return ``annotation`` with its meaning where pydantic looks for it, that of a member of a union inside it."""
    if said := meaning(annotation):
        return Annotated[annotation, Field(description=said)]
    if get_origin(annotation) in (Union, UnionType):
        return Union[tuple(_described(member) for member in get_args(annotation))]  # noqa: UP007
    return annotation
