"""The section ``availability`` of a study: words about failures and repairs become a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from annotated_types import Ge, Gt, Lt

from topo import units
from topo.availability.plan import Plan, counts_of
from topo.availability.rates import PARTS, Rates
from topo.config.case import Case
from topo.config.data import Files
from topo.config.hardware import rates as rates_in
from topo.config.keys import NONE
from topo.config.reliability import Frequency, Span, rates_of
from topo.parameters import Seed
from topo.size import Size


def states(
    *,
    hardware: Annotated[str | None, "name or file of failure rates; without, that of the fabric"] = None,
    failures: Annotated[
        dict[str, Frequency] | None, "how often a part fails, such as {leaf: 0.051 % per month}"
    ] = None,
    repairs: Annotated[dict[str, Span] | None, "how long its repair takes, such as {leaf: 4h}"] = None,
    repair: Annotated[Span | None, "how long repairs take that nothing else is said of"] = None,
    gpus: Annotated[Annotated[int, Ge(1)] | None, "GPUs of the job; without, all endpoints"] = None,
    checkpoint: Annotated[Span | None, "work between two checkpoints of the job, such as 1h"] = None,
    restart: Annotated[Span, "until the job runs again after a failure"] = 0,
    write: Annotated[Span, "that the job waits while a checkpoint is written"] = 0,
    period: Annotated[Span, "that is to pass without interruption, or without a slowdown above most"] = "7d",
    most: Annotated[float, Ge(1), "slowdown that is still accepted"] = 1.0,
    wait: Annotated[
        Span | None, "until a spare part that was used has its successor; without, none are counted"
    ] = None,
    confidence: Annotated[float, Gt(0), Lt(1), "with which spares are to last"] = 0.99,
    exact: Annotated[int, Ge(0), "failed parts at once up to which all states are listed"] = 2,
    samples: Annotated[int, Ge(0), "states drawn of the rest; 0 bounds it"] = 200,
    length: Annotated[Span | None, "time that a job is played through, failure by failure; without, none is"] = None,
    seed: Seed = 0,
    files: Files | None = None,
    fabric_hardware: str = NONE,
) -> Plan:
    """Return what the network and a job on it are worth between failures and repairs."""
    file = rates_in(hardware or fabric_hardware, files)
    stated = rates_of(failures, repairs).over(file)
    other = {} if repair is None else dict.fromkeys(PARTS, units.span(repair))
    return Plan(
        rates=stated.over(Rates({}, other)),
        gpus=gpus,
        interval=_span(checkpoint),
        restart=units.span(restart),
        write=units.span(write),
        period=units.span(period),
        most=most,
        wait=_span(wait),
        confidence=confidence,
        exact=exact,
        samples=samples,
        length=_span(length),
        seed=seed,
    )


def plan_of(availability: Mapping[str, Any], hardware: str, files: Files) -> Plan:
    """Return the plan of a checked ``availability`` mapping, on a fabric that names ``hardware``.

    Raises ConfigError for a file that cannot be read, RatesError for a plan that cannot be.
    """
    own = {key: value for key, value in availability.items() if key != "by"}
    return QUESTIONS[availability["by"]](**own, files=files, fabric_hardware=hardware)


def asked(case: Case) -> Plan | None:
    """Return what ``case`` asks about failures and repairs; None where it asks nothing."""
    given = case.sections.get("availability")
    return None if given is None else plan_of(given, case.fabric["hardware"], case.files)


def by_counts(case: Case, size: Size) -> dict[str, Any]:
    """Return what follows from the parts list of ``case`` alone: flat keys of its job and of spares."""
    plan = asked(case)
    return {} if plan is None else plan.closed_forms(counts_of(size))


def _span(text: Any) -> float | None:
    return None if text is None else units.span(text)


QUESTIONS = {"states": states}
