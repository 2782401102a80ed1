"""The answer of a design under the keys of its JSON, with reasons in the words and units that people use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from topo.cli.results import written
from topo.design.need import Miss, Need, number
from topo.quantities import QUANTITIES

if TYPE_CHECKING:
    from topo.config.question import Question
    from topo.design import Candidate, Flip, Loser
    from topo.study.design import Design

#: Facts of a loser that its row has beside the reason.
_SHOWN = ("endpoints", "switches", "switch_links", "cost_usd")
#: Facts of a network that was built which no closed form has of all.
_BUILT = ("diameter", "mean_hops", "bisection_per_endpoint", "bisection_bound")


def results_of(design: Design) -> dict[str, Any]:
    """Return everything that ``design`` came to, plain."""
    answer, question = design.answer, design.question
    growth = [
        {
            "endpoints": stage.endpoints,
            "name": stage.network.name,
            "spec": spec_of(question, stage.network),
            "usd": stage.usd,
            "bought": dict(stage.parts),
        }
        for stage in design.growth
    ]
    return {
        "best": row_of(question, answer.best) if answer.best else None,
        "proven": answer.proven,
        "complete": answer.complete,
        "least_possible": answer.least_possible,
        "front": [row_of(question, one) for one in answer.front],
        "runners": [row_of(question, one) for one in answer.runners],
        "losers": [_loser(one) for one in answer.losers],
        "sensitivity": [_flip(flip) for flip in answer.sensitivity],
        "conflict": [said(need) for need in answer.conflict],
        "considered": answer.considered,
        "measured": answer.measured,
        "undecided": len(answer.undecided),
        "built": [{"name": name} | {key: facts[key] for key in _BUILT} for name, facts in design.built.items()],
        "growth": growth,
        "growth_usd": sum(stage.usd for stage in design.growth) if growth else None,
        "at_once_usd": design.at_once_usd,
    }


def row_of(question: Question, one: Candidate) -> dict[str, Any]:
    """Return a network with its facts in closed form; ``measured`` has what was measured, by requirement."""
    asked = {need.fact for need in question.asked}
    facts = {key: value for key, value in one.facts.items() if key not in asked}
    measured = {fact: one.facts[fact] for fact in one.facts if fact in asked}
    return {"name": one.name, "family": one.family, "spec": spec_of(question, one), **facts, "measured": measured}


def spec_of(question: Question, one: Candidate) -> str:
    """Return ``one`` as the FABRIC of other verbs."""
    shared = {key: value for key, value in (question.words.data.get("fabric") or {}).items() if key != "rate"}
    words = {key: value for key, value in (question.fabric(one) | shared).items() if value is not None}
    return f"{words.pop('family')}:" + ",".join(f"{key}={value}" for key, value in words.items())


def said(need: Need) -> str:
    """Return a requirement in words: cost at most $80 million."""
    return f"{_title(need)} {_limit(need)}"


def measured_words(question: Question, best: Mapping[str, Any]) -> dict[str, str]:
    """Return what was measured of ``best``, by what it is called, as people read it."""
    known = {need.fact: need for need in question.asked}
    return {_title(known[fact]): written(known[fact].key, value) for fact, value in best["measured"].items()}


def _limit(need: Need) -> str:
    return f"{'at most' if need.sign == '<=' else 'at least'} {_value(need.key, need.limit)}"


def _title(need: Need) -> str:
    title = QUANTITIES[need.key].title if need.key in QUANTITIES else need.key
    return title + need.fact.removeprefix(need.key)


def _value(key: str, value: float) -> str:
    whole = float(value).is_integer() and QUANTITIES[key].format in ("number", "ratio", "count")
    unit = QUANTITIES[key].unit if QUANTITIES[key].format in ("ratio", "count") else ""
    unit = "" if unit in ("down / up", "of full", "of the port limit", "×") else unit
    return f"{number(value)} {unit}".strip() if whole else written(key, value)


def _miss(miss: Miss) -> str:
    need = miss.need
    if miss.value is None:
        return f"{_title(need)} is not known; {_limit(need)} is needed"
    sign = ">" if need.sign == "<=" else "<"
    best = (" at least" if sign == ">" else " at most") if miss.bound else ""
    return f"{_title(need)}{best} {_value(need.key, miss.value)} {sign} {_value(need.key, need.limit)}"


def _why(loser: Loser) -> str:
    if loser.misses or not loser.key:
        return "; ".join(map(_miss, loser.misses)) or f"cannot be built: {loser.candidate.size.reason}"
    value = f"{QUANTITIES[loser.key].title} {_value(loser.key, loser.candidate.facts[loser.key])}"
    if not loser.more:
        return f"{value}, as much as the best"
    return f"{value}, {loser.more:.1%} above the best" if loser.more < 1 else f"{value}, {1 + loser.more:.1f}x the best"


def _loser(loser: Loser) -> dict[str, Any]:
    one = loser.candidate
    head = {"name": one.name, "family": one.family, "compared": bool(one.label), "binding": _why(loser)}
    return head | {key: one.facts[key] for key in _SHOWN if key in one.facts}


def _flip(flip: Flip) -> dict[str, Any]:
    one = flip.network
    if flip.need is None:
        of, at = f"price of {flip.of}", f"{flip.at:.3g}x"
    else:
        of, at = said(flip.need), _value(flip.need.key, flip.at)
    return {
        "of": of,
        "change": flip.way,
        "at": at if flip.sure else f"not before {at}",
        "value": flip.at,
        "sure": flip.sure,
        "name": one.name,
        "cost_usd": one.facts.get("cost_usd"),
    }
