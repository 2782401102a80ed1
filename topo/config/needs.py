"""Requirements as people write them: ``cost_usd <= 8e7``, ``slowdown of training after worst:part=switch <= 1.1``."""

from __future__ import annotations

import math
import re
from typing import Any

from topo import units
from topo.config.case import SECTIONS
from topo.config.document import Document
from topo.config.errors import ConfigError, Problem, unknown
from topo.config.sections import check_section
from topo.config.spec import parse_section
from topo.design import Need
from topo.near import hint
from topo.quantities import QUANTITIES

#: Facts of a candidate that a closed form gives.
CLOSED = frozenset(
    {
        *("endpoints", "switches", "switch_links", "endpoint_links", "transceivers", "spare_ports", "radix", "planes"),
        *("diameter", "bisection_per_endpoint", "oversubscription", "cost_usd", "cost_per_endpoint_usd", "watts"),
    }
)
#: Those of them that a price book is needed for.
PRICED = frozenset({"cost_usd", "cost_per_endpoint_usd", "watts"})
_FACT = re.compile(r"\s*([A-Za-z_]\w*)(?:\s+of\s+(\S.*?))?(?:\s+after\s+(\S.*?))?\s*")
_NEED = re.compile(r"(.*?)(<=|>=)\s*(\S.*?)\s*")


def is_need(text: str) -> bool:
    """Return whether ``text`` compares something."""
    return bool(_NEED.fullmatch(text))


def needs_of(part: Document, workloads: list[str], problems: list[Problem]) -> list[Need]:
    """Return the requirements of ``part.require``; what is wrong with one goes to ``problems``, at its place."""
    found = []
    for i, text in enumerate(part.data.get("require") or []):
        try:
            found.append(_need(text, workloads))
        except ConfigError as error:
            problems.append(Problem(part.place(("require", i)), "design.require", str(error)))
    return found


def wanted(text: str, workloads: list[str]) -> Need:
    """Return the fact that ``text`` names, as a requirement without a limit.

    Raises ConfigError for a key that no result has, a workload or a failure that is none.
    """
    match = _FACT.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is not key <= value or key >= value")
    key, of, after = match.groups(default="")
    numeric = {name for name, one in QUANTITIES.items() if one.kind in ("number", "integer") and one.shape != "list"}
    known = {name for name in numeric if name.isidentifier()} | CLOSED
    if key not in known:
        raise ConfigError(f"{key!r} is no number that a result has{hint(key, known) or '; docs/keys.md lists them'}")
    if of and of not in workloads:
        raise ConfigError(f"{key} of {unknown(of, workloads)}")
    if after:
        failures_of(after)
    return Need(key, "<=", float("inf"), of, after)


def failures_of(text: str) -> dict[str, Any]:
    """Return section ``failures`` as a spec string holds it.  Raises ConfigError for one that is wrong."""
    words = parse_section(text, "failures")
    _, problems = check_section("failures", words)
    if problems:
        raise ConfigError.of(problems)
    assert SECTIONS["failures"].word in words.data, "a spec string names its entry"
    return dict(words.data)


def _need(text: str, workloads: list[str]) -> Need:
    match = _NEED.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is not key <= value or key >= value")
    fact, sign, value = match.groups()
    one = wanted(fact, workloads)
    try:
        limit = units.duration(value) if one.key.endswith("_s") and not value[-1].isdigit() else float(value)
    except (ValueError, units.UnitError):
        raise ConfigError(f"{one.key}: a number is needed; got {value!r}") from None
    if math.isnan(limit):
        raise ConfigError(f"{one.key}: a number is needed; got {value!r}")
    return Need(one.key, "<=" if sign == "<=" else ">=", limit, one.of, one.after)
