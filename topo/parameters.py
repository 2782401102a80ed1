"""What a parameter says of itself where it stands: its range and one line of meaning, in its annotation.

``Annotated[int, Ge(1), "ranks that send"]``: bounds are those of annotated-types, a text is the meaning.  Lists,
schemas, errors and searches read them; a default says the rest, and None is what the meaning says of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

#: Where draws start: equal seeds, equal draws.
Seed = Annotated[int, Ge(0), "where random draws start; equal seeds give equal draws"]

_SIGNS = {Ge: "at least", Gt: "above", Le: "at most", Lt: "below"}


def annotation_of(parameter: inspect.Parameter, function: Callable[..., Any]) -> Any:
    """Return the annotation of a ``parameter`` of ``function``; ``Any`` where there is none, or none at run time."""
    annotation = parameter.annotation
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, {**vars(inspect.getmodule(function))})
        except NameError:  # imported for type checkers only
            return Any
    return Any if annotation is parameter.empty else annotation


def meaning(annotation: Any) -> str:
    """Return the line that says what a parameter means; empty where it says none.

    >>> meaning(Seed)
    'where random draws start; equal seeds give equal draws'
    """
    return next((said for said in _said(annotation) if isinstance(said, str)), "")


def choices(annotation: Any) -> list[Any]:
    """Return the values that a parameter may have, where it lists them; empty where it does not.

    >>> choices(Annotated[Literal["ring", "tree"] | None, "how ranks exchange"])
    ['ring', 'tree']
    """
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    args = get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)
    if not any(choices(arg) for arg in args):
        return []
    return [value for arg in args for value in ([True, False] if arg is bool else choices(arg))]


def bounds(annotation: Any) -> str:
    """Return the range of a parameter in words, or of a member of its union; empty where any value will do.

    >>> bounds(Annotated[float, Ge(0), Lt(1)])
    'at least 0 and below 1'
    """
    if own := in_words(_said(annotation)):
        return own
    inner = get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)
    return next((found for arg in inner if get_origin(arg) is not Literal and (found := bounds(arg))), "")


def in_words(limits: Iterable[Any]) -> str:
    """Return those of ``limits`` that bound a value as text; empty where none does."""
    return " and ".join(f"{_SIGNS[type(limit)]} {astuple(limit)[0]:g}" for limit in limits if type(limit) in _SIGNS)


def _said(annotation: Any) -> tuple[Any, ...]:
    return tuple(annotation.__metadata__) if get_origin(annotation) is Annotated else ()


@dataclass(frozen=True)
class Sought:
    """How a search for a network goes through a parameter.

    By the ``ports`` of switches on offer, through ``all`` values, in whole ``hosts``, as the ``least`` that holds the
    endpoints, through the choices of ``placing`` where a plane has several endpoints of a host, or as ``shares`` of
    another parameter, where they are whole numbers.
    """

    how: Literal["ports", "all", "hosts", "least", "placing", "shares"]
    of: str = ""  # the other parameter
    shares: tuple[float, ...] = ()


def sought(annotation: Any) -> Sought | None:
    """Return how a parameter is sought; None where it says nothing of it."""
    return next((said for said in _said(annotation) if isinstance(said, Sought)), None)
