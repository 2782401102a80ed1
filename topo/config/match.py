"""Networks of equal size: chooses a family's parameters for a wanted number of endpoints.

``match: {endpoints: 2048, radix: 64}`` tries the family's first parameter (radix, q, a) with all
others balanced by default, and takes the buildable network nearest to 2,048 endpoints
among those with at most 64 ports a switch.
"""

from __future__ import annotations

import contextlib
import inspect
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from topo.config.case import SECTIONS
from topo.config.document import Document
from topo.config.errors import Problem
from topo.config.shapes import check_model
from topo.generators import GeneratorError, size_of
from topo.size import Size

#: Values of a family's parameter that are tried.
_TRIED = range(2, 513)
#: A network further from the wanted size than this factor does not match it.
MAX_FACTOR = 1.6
#: Keys of a fabric mapping that its size depends on.
_SIZING = ("planes", "nic", "endpoints_per_host", "scale_up_domain")


class Match(BaseModel):
    """What to match."""

    model_config = ConfigDict(strict=True, extra="forbid")
    endpoints: Annotated[int, Field(ge=2)]
    radix: Annotated[int, Field(ge=2)] | None = None


def choose(fabric: Document) -> tuple[Document, str, list[Problem]]:
    """Return a ``fabric`` mapping with parameters in the place of ``match``, what was chosen, and what is wrong."""
    data = fabric.data
    if not (isinstance(data, dict) and "match" in data) or data.get("family") not in SECTIONS["fabric"].registry:
        return fabric, "", []
    if not hasattr(SECTIONS["fabric"].registry[data["family"]], "printed"):
        text = "a file has the size that it has; leave match out"
        return fabric, "", [Problem(fabric.place(("match",)), "fabric.match", text)]
    wanted, problems = check_model(Match, fabric.at("match"), "fabric.match")
    if problems:
        return fabric, "", problems
    place = fabric.place(("match",))
    family, given = data["family"], {key: value for key, value in data.items() if key not in ("family", "match")}
    knob = _knob(family)
    if knob in given or "endpoints" in given:
        text = f"chooses {knob} by itself; leave {knob} and endpoints out"
        return fabric, "", [Problem(place, "fabric.match", text)]
    found = _candidates(family, knob, given, wanted["radix"])
    best = min(found, key=lambda pair: (abs(pair[1].endpoints - wanted["endpoints"]), pair[0]), default=None)
    if best is None or not _near(best[1].endpoints, wanted["endpoints"]):
        most = f"the nearest has {best[1].endpoints} endpoints ({knob}={best[0]})" if best else "none can be built"
        limit = f" with at most {wanted['radix']} ports a switch" if wanted["radix"] else ""
        text = f"no {family}{limit} is near {wanted['endpoints']} endpoints; {most}"
        return fabric, "", [Problem(place, "fabric.match", text)]
    value, size = best
    note = f"matched {wanted['endpoints']} endpoints: {family} with {knob}={value} has {size.endpoints}"
    return Document({"family": family, knob: value, **given}, {**fabric.places, (knob,): place}), note, []


def _candidates(family: str, knob: str, given: dict[str, Any], radix: int | None) -> list[tuple[int, Size]]:
    """Return the networks of ``family`` that can be built with what is ``given``, by the value of ``knob``."""
    own = inspect.signature(SECTIONS["fabric"].function(family)).parameters
    sizing = tuple((key, value) for key, value in sorted(given.items()) if key in _SIZING or key in own)
    scalar = not any(isinstance(value, list | dict) for _, value in sizing)  # others cannot be remembered
    built = (_built if scalar else _built.__wrapped__)(family, knob, sizing)
    return [(value, size) for value, size in built if radix is None or size.radix <= radix]


@lru_cache(maxsize=64)  # the cases of a sweep ask for the same
def _built(family: str, knob: str, sizing: tuple[tuple[str, Any], ...]) -> list[tuple[int, Size]]:
    found = []
    for value in _TRIED:
        with contextlib.suppress(GeneratorError):
            size = size_of(family, **(dict(sizing) | {knob: value}))
            found += [(value, size)] if size.buildable and size.endpoints else []
    return found


def _knob(family: str) -> str:
    """Return the parameter that a family cannot do without: its size."""
    parameters = inspect.signature(SECTIONS["fabric"].function(family)).parameters.values()
    return next(p.name for p in parameters if p.default is p.empty)


def _near(endpoints: int, wanted: int) -> bool:
    return wanted / MAX_FACTOR <= endpoints <= wanted * MAX_FACTOR
