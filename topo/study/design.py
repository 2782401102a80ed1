"""A design, run: candidates are sized, those that need it are measured as cases of the store, and the best is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from topo.config.design import load_design
from topo.config.needs import PRICED
from topo.config.nouns import fabric_of
from topo.config.question import Question
from topo.design import Answer, Candidate, Need, candidates, search
from topo.design.errors import DesignError
from topo.design.growth import Stage, stages_of
from topo.headway import counted, tell, within
from topo.study.cluster import Tls
from topo.study.inspection import inspection
from topo.study.measuring import Measuring
from topo.study.store import Store

#: Networks sized between two words of headway.
SAID_EVERY = 500


@dataclass(frozen=True)
class Design:
    """What a design came to: the answer, and the way there where stages were asked for."""

    question: Question
    answer: Answer
    built: Mapping[str, Mapping[str, Any]]  # facts of the best and of the front as they are on their fabrics, by name
    growth: tuple[Stage, ...] = ()
    at_once_usd: float | None = None  # what the cheapest network of the last stage costs alone


def designed(
    source: str | Path | Sequence[str] | Question,
    *,
    folder: str | Path | None = None,
    workers: int = 0,
    scheduler: str | None = None,
    tls: Tls | None = None,
) -> Design:
    """Return what a design came to: a file, or words such as ``["endpoints=1024", "switches=[64]"]``.

    The best and the front are built.  Cases that are measured go to ``folder``, where the next run finds them.
    Several are measured at once by ``workers`` local processes, or by the dask ``scheduler`` at an address or in a
    file, ``tls`` for one at tls://.

    Raises ConfigError for a design that cannot be used, StoreError where the folder cannot be written, DesignError
    where a stage has no network that meets the requirements.
    """
    question = source if isinstance(source, Question) else load_design(source)
    where = {"workers": workers, "scheduler": scheduler, "tls": tls}
    measuring = Measuring(question, None if folder is None else Store.open(Path(folder)), where)
    space = list(_counted(chain(question.compared, candidates(question.space))))
    tell(f"looking for the best of {len(space):,} networks")
    answer = search(
        space,
        question.closed,
        minimize=question.minimize,
        measured=question.measured,
        measure=measuring if question.asked else None,
        optimistic=measuring.best if question.asked else None,
        at_once=max(1, workers),
        front=question.front,
        within=question.within,
    )
    answer = replace(answer, measured=len(measuring.networks))
    if answer.best is None and answer.proven and not answer.conflict:
        key = question.minimize[0]
        lacks = "; the price book lacks a part, which topo size says" if key in PRICED else ""
        raise DesignError(f"{key} is not known of any network that meets the requirements{lacks}")
    shown = {one.name: one for one in [*([answer.best] if answer.best else []), *answer.front]}
    with within("building the best"):
        built = {name: _inspection(question, shown[name]) for name in counted("network", list(shown))}
    growth, at_once = _growth(question) if question.stages and answer.best else ((), None)
    return Design(question, answer, built, growth, at_once)


def _counted(space: Iterable[Candidate]) -> Iterator[Candidate]:
    tell("sizing networks")
    for i, one in enumerate(space, 1):
        if i % SAID_EVERY == 0:
            tell(f"{i:,} networks sized")
        yield one


def _inspection(question: Question, one: Candidate) -> dict[str, Any]:
    """Return what ``one`` is once it is built.  Raises DesignError where that is not what was required."""
    fabric = fabric_of(question.case(one), symmetry=False)
    return inspection(fabric, one, question.closed, prices=question.space.prices)


def _growth(question: Question) -> tuple[tuple[Stage, ...], float | None]:
    """Return the cheapest way through the stages among networks that meet what a closed form decides."""
    tell("looking for the cheapest way through the stages")
    stages = []
    for endpoints in question.stages:
        needs = [*question.closed[1:], Need("endpoints", ">=", endpoints)]
        space = candidates(replace(question.space, endpoints=endpoints))
        good = [one for one in space if one.size.buildable and one.parts and all(n.holds(one.facts) for n in needs)]
        if not good:
            raise DesignError(f"stage {endpoints:,}: no network meets {', '.join(map(str, needs))}")
        stages.append((endpoints, good))
    return stages_of(stages)
