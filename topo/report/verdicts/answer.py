"""What an answer is made of, and the words that all answers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topo.report import words
from topo.report.means import between, spread
from topo.report.names import Case

if TYPE_CHECKING:
    from topo.report.panels.blocks import Card

#: Switch links that are filled less than this are called idle.
IDLE = 0.01
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Answer:
    """The answer to a study's question."""

    sentences: tuple[str, ...]
    cards: tuple[Card, ...] = ()
    rule: str = ""  # by which one was chosen; empty where none was

    @property
    def text(self) -> str:
        """The sentences in one paragraph."""
        return " ".join(sentence for sentence in self.sentences if sentence)


def longer(ratio: float, beyond: float) -> str:
    """Return how much longer something takes: 1.62 times as long; the same time within ``beyond``."""
    return f"{words.number(ratio)} times as long" if ratio > 1 + beyond else "the same time"


def within(beyond: float) -> str:
    """Return a tolerance in words: within 1 %."""
    return f"within {100 * beyond:g}{words.NARROW}%"


def limit_clause(case: Case) -> str:
    """Return what holds a case back, as the end of a sentence; empty where nothing is known."""
    tier, full = case.get("bottleneck_tier"), case.get("max_utilization")
    first = next(iter(case.rows("limits")), {})
    if tier == "endpoint":
        return "the ports of its endpoints limit it"
    if tier == "scale-up":
        rate = words.rate(case.get("scale_up_rate_bytes_per_s"))
        fill = "" if full is None else f"; the fullest switch link is filled to {words.percent(full)}"
        return f"scale-up links such as NVLink limit it, at {rate} an endpoint{fill}"
    over = first.get("utilization") or full
    if tier is None or over is None:
        return ""
    far = between(case, "max_utilization", words.number)
    over = full if far else over
    overload = f", asked for {words.number(over)} times{far} what they carry" if over > 1 + _ROUNDING else ""
    return f"{tier} links limit it{overload}"


def because(case: Case, who: str = "the endpoints'") -> str:
    """Return why a case takes as long as it does, as the end of a sentence; empty where nothing is known.

    ``who`` says whose ports are meant where those of endpoints are full.
    """
    tier, full = case.get("bottleneck_tier"), case.get("max_utilization")
    if tier == "endpoint":
        return f", because {who} ports carry no more"
    if tier == "scale-up":
        rate = case.get("scale_up_rate_bytes_per_s")
        each = f" than {words.rate(rate)} an endpoint" if rate else ""
        return f", because scale-up links such as NVLink carry no more{each}"
    if tier is None or full is None:
        return ""
    over = f"asked for {words.number(full)} times what they carry"
    return f", because {tier} links are {over if full > 1 + _ROUNDING else 'full'}"


def idle(cases: Sequence[Case]) -> list[Case]:
    """Return the cases whose traffic leaves the links between switches idle."""
    return [case for case in cases if (full := case.get("max_utilization")) is not None and full < IDLE]


def time_of(case: Case) -> float:
    """Return the completion time of a case [s], infinite where it has none."""
    time = case.get("completion_s")
    return float(time) if time else float("inf")


def duration(case: Case) -> str:
    """Return the completion time of a case in words, with its range where it is a mean over seeds."""
    return interval(case) + spread(case, "completion_s", words.seconds)


def interval(case: Case) -> str:
    """Return the completion time of a case alone: one time, or the two between which it lies."""
    most, least = words.seconds(time_of(case)), case.get("completion_least_s")
    early = most if least is None else words.seconds(least)
    return most if early == most else f"{early} to {most}"
