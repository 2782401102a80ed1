"""Baselines: what the time of a case is held against, so that every case carries its ``slowdown``.

A baseline is one of WORDS or names a case of the study by some of its labels: ``MPFT``, or ``planes=1``, or
``EP64 / MPFT``.  Each case is held against the one that has those labels and is like it on every other axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from topo.config.case import SECTIONS, Case, axis_part
from topo.config.errors import ConfigError, unknown

#: Baselines that are no case: the time at the port limit, of the jobs one by one, of the fabric before failures.
PORT_LIMIT, ALONE, INTACT = WORDS = ("port-limit", "alone", "intact")
_BETWEEN = " / "


def opponents(cases: Sequence[Case]) -> tuple[Case | None, ...]:
    """Return the case that each of ``cases`` is held against; None where its baseline is no case, or it has none.

    Raises ConfigError for a baseline that names nothing, no case, or several.
    """
    return tuple(_opponent(case, cases) for case in cases)


def _opponent(case: Case, cases: Sequence[Case]) -> Case | None:
    if not case.baseline or case.traffic is None or case.refused:
        return None
    if case.baseline == INTACT and case.failures is not None:
        return None  # a case with failures holds its time against that of the intact fabric by itself
    if case.baseline == INTACT:
        whole = {key: None if SECTIONS[key].on_fabric else written for key, written in case.sections.items()}
        return replace(case, name=f"{case.name}{_BETWEEN}{INTACT}", sections=whole)
    traffic = SECTIONS["traffic"]
    if case.baseline == ALONE and not getattr(traffic.registry[case.traffic[traffic.word]], "parts", ""):
        raise ConfigError(f"baseline: {ALONE} is for traffic of several jobs; case {case.name!r} has none")
    return None if case.baseline in WORDS else _named(case, cases)


def _named(case: Case, cases: Sequence[Case]) -> Case:
    """Return the case with the labels that the baseline of ``case`` names, and those of ``case`` on all other axes."""
    exact = [other for other in cases if other.name == case.baseline]
    if exact:
        return exact[0]
    wanted = case.labels | dict(_axes(case, cases))
    found = [other for other in cases if other.traffic is not None and _alike(other.labels, wanted)]
    most = max((len(wanted.keys() & other.labels.keys()) for other in found), default=0)
    found = [other for other in found if len(wanted.keys() & other.labels.keys()) == most]
    if len(found) == 1:
        return found[0]
    like = ", ".join(axis_part(axis, label) for axis, label in wanted.items())
    if not found:
        raise ConfigError(f"baseline: {case.baseline}: no case has {like}, which case {case.name!r} is held against")
    several = " and ".join(repr(other.name) for other in found[:2])
    raise ConfigError(f"baseline: {case.baseline}: {several} both have {like}; name more of the case")


def _alike(labels: dict[str, object], wanted: dict[str, object]) -> bool:
    return all(wanted[axis] == label for axis, label in labels.items() if axis in wanted)


def _axes(case: Case, cases: Sequence[Case]) -> Iterator[tuple[str, object]]:
    """Yield (axis, label) of each label that the baseline of ``case`` names."""
    known = {axis_part(axis, label): (axis, label) for one in cases for axis, label in one.labels.items()}
    for part in case.baseline.split(_BETWEEN):
        if part.strip() not in known:
            raise ConfigError(f"baseline: {unknown(part.strip(), (*known, *WORDS))}")
        yield known[part.strip()]
