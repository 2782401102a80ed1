"""Efficiency curves as files and studies write them: collective -> share, sizes -> shares, or hosts -> either.

::

    efficiency:
      reduce-scatter: 92%                       # of every size
      all-gather: {16MiB: 0.67, 16GiB: 0.95}    # straight in the logarithm of the size, constant beyond
      allreduce:
        4 hosts: {16MiB: 0.24, 16GiB: 0.96}     # scale-up domains, where those are larger than hosts
        8 hosts: {16MiB: 0.13, 16GiB: 0.96}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from topo import units
from topo.config.document import Document
from topo.config.errors import ConfigError, Problem, unknown
from traffic.demand import DemandError
from traffic.efficiency import Curve, Efficiency
from traffic.operation import Named

_HOSTS = re.compile(r"([1-9]\d{0,6}) hosts?")


def read_efficiency(document: Document, prefix: str) -> Efficiency:
    """Return the curves of a mapping; keys of messages start with ``prefix``.

    Raises ConfigError with every problem: a collective, size or share that is none, sizes that do not ascend.
    """
    if not isinstance(document.data, Mapping) or not document.data:
        raise ConfigError.of([Problem(document.place(()), prefix, "needs a mapping of collectives to shares")])
    curves: dict[str, Mapping[int, Curve]] = {}
    problems: list[Problem] = []
    for name in document.data:
        if name not in get_args(Named):
            problems.append(Problem(document.place((name,)), prefix, unknown(name, get_args(Named), "collective")))
            continue
        curves[name] = _by_hosts(document.at(name), f"{prefix}.{name}", problems)
    if problems:
        raise ConfigError.of(problems)
    return Efficiency(curves)


def _by_hosts(part: Document, key: str, problems: list[Problem]) -> dict[int, Curve]:
    numbers = [_HOSTS.fullmatch(str(name)) for name in part.data] if isinstance(part.data, Mapping) else []
    if not numbers or not any(numbers):
        found = _curve(part, key, problems)
        return {0: found} if found else {}
    curves = {}
    for name, number in zip(part.data, numbers, strict=True):
        if number is None:
            text = f"{name!r} is no number of hosts as the others are; write one such as '4 hosts'"
            problems.append(Problem(part.place((name,)), key, text))
        elif curve := _curve(part.at(name), f"{key}.{name}", problems):
            curves[int(number[1])] = curve
    return curves


def _curve(part: Document, key: str, problems: list[Problem]) -> Curve | None:
    """Return the curve of one share or a table; None where it is none, which ``problems`` then say."""
    table = part.data if isinstance(part.data, Mapping) else {"1B": part.data}
    try:
        rows = [(units.size(size), units.efficiency(share)) for size, share in table.items()]
        return Curve(tuple(size for size, _ in rows), tuple(share for _, share in rows))
    except (units.UnitError, DemandError) as error:
        problems.append(Problem(part.place(()), key, str(error)))
        return None


def in_words(efficiency: Efficiency) -> str:
    """Return what each collective reaches, from the smallest size to the largest, for pages."""
    return "; ".join(_said(name, by_hosts) for name, by_hosts in sorted(efficiency.curves.items()))


def _said(name: str, by_hosts: Mapping[int, Curve]) -> str:
    hosts = sorted(by_hosts)
    few, many = by_hosts[hosts[0]], by_hosts[hosts[-1]]
    on = f" on {hosts[0]} host{'' if hosts[0] == 1 else 's'}" if hosts[0] else ""
    if len(few.sizes) == len(many.sizes) == 1 and few is many:
        return f"{name} {few.shares[0]:.3g}{on}"
    to = "" if few is many else f", {_range(many)} on {hosts[-1]}"
    falls = [number for number in hosts if not by_hosts[number].rises]
    where = "" if falls == [0] or not falls else f" on {', '.join(map(str, falls))} hosts"
    return f"{name} {_range(few)}{on}{to}{f'; larger messages do not always reach more{where}' if falls else ''}"


def _range(curve: Curve) -> str:
    return f"{curve.shares[0]:.3g} at {_bytes(curve.sizes[0])} to {curve.shares[-1]:.3g} at {_bytes(curve.sizes[-1])}"


def _bytes(size: float) -> str:
    for prefix, unit in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if size >= unit:
            return f"{size / unit:.4g} {prefix}B"
    return f"{size:.4g} B"
