"""What a case takes before it starts: memory and time, from closed forms and measured rates.

Nothing is built: the family's ``Size`` gives endpoints, switches and links, the pattern its commodities
(``topo.study.work``).  Then, with the rates of ``topo.study.rates``,

    memory = PROCESS + LINK x links + COMMODITY x listed + SHARE x shares of commodities on links
    time   = START + LINK_TIME x links + VISIT x passes x destinations x arcs + SHARE_TIME x shares

with terms for commodities that count as one, for drawn paths, and for solved policies up to their time limit.
``benchmarks/estimates.py`` holds them against 25 cases from 64 to 131,072 endpoints, and others drawn at random.

Limits.  Within twice on those.  Where commodities are neither alike nor drawn at random (a partly populated tree, a
trace) and a solver follows each, memory is that of all of them crossing the whole network, unless their pattern says
how far apart they are.  Searches without symmetry may end at any time up to their limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from topo.config.nouns import size_of
from topo.study import rates
from topo.study.cuts import cut_visits
from topo.study.refusals import check, check_sections
from topo.study.rehearsal import doubts
from topo.study.sweeps import matched, passes, searched, swept
from topo.study.work import Work

if TYPE_CHECKING:
    from topo.config.case import Case

#: What takes memory whatever the case.
ITSELF = "planewise itself"


@dataclass(frozen=True)
class Estimate:
    """What a case takes."""

    memory: float  # [bytes] at the peak, the process included
    work: float  # [s] on one core of the machine that the rates are of
    what: str  # that takes most of the memory
    cure: str = "choose fewer endpoints"  # what takes less
    doubts: tuple[str, ...] = ()  # why it may fail all the same, where only the run can tell; of a rehearsal

    @property
    def seconds(self) -> float:
        """[s] on one core of this machine."""
        from topo.study.speed import speed

        return self.work / speed() if self.work else 0.0


def estimate(case: Case, *, rehearse: bool = False) -> Estimate:
    """Return what ``case`` takes, by counts alone.

    Raises GeneratorError for a fabric that no network has, and for what cannot be run the error that the run would end
    with: by counts (``topo.study.refusals``), and to ``rehearse``, where those do not tell, by building parts of a
    small case (``topo.study.rehearsal``), which a case that is about to run builds anyway.
    """
    if case.refused:
        return Estimate(float(rates.PROCESS), 0.0, ITSELF)
    if case.traffic is None:
        check_sections(case, size_of(case))
        return Estimate(float(rates.PROCESS), 0.0, ITSELF)
    work = Work.of(case)
    check(work)
    taken = _taken(work)
    return replace(taken, doubts=doubts(work)) if rehearse else taken


def _taken(work: Work) -> Estimate:
    """Return what ``work`` takes."""
    process = (rates.PLAIN if work.plain else rates.PROCESS) + matched(work)[1] + rates.PROGRAMMES * work.policy.solved
    parts = _parts(work)
    sample = f"a sample of {work.traffic.drawn:,} choices of experts"
    drawn = rates.PLAIN + rates.DRAWN * work.traffic.drawn  # before kernels are loaded
    routed = process + sum(taken for taken, _ in parts.values()) + rates.KEPT * work.traffic.drawn
    if drawn > routed:
        return Estimate(float(drawn), _seconds(work), sample, "choose a model of fewer experts")
    what = max(parts, key=lambda part: parts[part][0])
    if parts[what][0] < process / 10:
        return Estimate(float(routed), _seconds(work), ITSELF, "nothing takes less")
    return Estimate(float(routed), _seconds(work), what, parts[what][1])


def _parts(work: Work) -> dict[str, tuple[float, str]]:
    """Return the memory of each part [bytes], and what takes less."""
    link = rates.COPY_LINK if work.copied else rates.LINK
    link += rates.ALIKE_LINK * (work.by_class or work.coloured) + rates.LOST_LINK * work.lossy
    pair = rates.SITE_PAIR_ALIKE if work.alike else rates.SITE_PAIR
    share = rates.SHARE + rates.SOLVED_SHARE / work.traffic.phases
    plane = (work.size.switches // work.size.planes) ** 2 * (1 if work.copied else work.size.planes)
    turns = min(plane, rates.MOST_TURN_PAIRS) if work.policy.turns else 0
    # shares of single paths are paths that a solver follows
    path_links = 0 if work.shares and work.policy.one_path else work.path_links
    path_link = rates.MERGED_LINK if work.merged else rates.PATH_LINK
    return {
        f"{work.links:,} links": (float(link * work.links), "choose fewer endpoints"),
        f"{work.held:,} commodities": (
            float(
                rates.COMMODITY * work.held * (1 + (work.lossy and not work.by_class))
            ),  # whole and rest are held both
            "choose fewer endpoints, or a grouped pattern such as uniform with policy ecmp and solver proportional",
        ),
        f"{work.shares + path_links:,} shares of commodities on links": (
            float(share * work.shares + path_link * path_links + rates.MERGED * work.merged),
            "choose solver proportional, policy static or ecmp-hash, or fewer endpoints",
        ),
        f"{work.walked:,} drawn paths": (
            float(rates.WALKED * work.walked + rates.WALKED_PAIR * work.listed * (work.walked > 0)),
            "choose fewer paths",
        ),
        f"{turns:,} ways round by a third switch": (float(rates.TURN_PAIR * turns), "choose policy ecmp"),
        f"{work.site_pairs:,} pairs of switches to solve for": (
            float(pair * work.site_pairs),
            "choose policy ecmp, or fewer endpoints",
        ),
    }


def _seconds(work: Work) -> float:
    """Return the time of ``work`` [s]."""
    link = rates.COPY_TIME if work.copied else rates.LINK_TIME
    link += rates.LINK_CLASS_TIME * work.by_class + rates.LINK_COLOUR_TIME * work.coloured
    link += rates.LOST_TIME * work.lossy
    link += rates.TREE_LINK * passes(work) * (work.closed and not work.copied)
    each = rates.COMMODITY_TIME if work.solver.by_commodity else rates.SENT_TIME
    return (
        (rates.PLAIN_START if work.plain else rates.START)
        + link * work.links
        + swept(work)
        + rates.SWITCH_PAIR_TIME * min(work.size.switches**2, rates.MOST_SWITCH_PAIRS) * (not work.is_tree)
        + each * work.held
        + (rates.ROUND_TIME if work.plain else rates.SHARE_TIME) * work.shares
        + rates.GATHER_TIME * work.gathered
        + rates.REFILL_TIME * work.shares * (work.solver.timed and not work.plain) * (2 if work.lossy else 1)
        + matched(work)[0]
        + rates.CUT * cut_visits(work)
        + searched(work)
    )
