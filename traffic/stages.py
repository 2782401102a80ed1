"""How the ranks of a training job are dealt out: stages of a pipeline, and the groups inside each.

A stage's ranks lie in blocks: tensor groups are consecutive, context groups go across them, expert groups are
``ep`` x ``etp`` consecutive ranks in which those of a tensor group of experts are neighbours::

    stage   [ tp tp | tp tp ]  cp = 2: ranks of equal place in both      [ etp etp | etp etp ]  ep = 2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traffic.demand import DemandError
from traffic.exchange import default_ep
from traffic.figures import dense_parameters, expert_parameters
from traffic.groups import groups
from traffic.layout import check_divides
from traffic.model import Model
from traffic.schedules import check_schedule

Ranks = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layout:
    """Who works with whom on a step."""

    model: Model
    stage: Ranks  # (pp, ranks of a stage)
    near: int  # ranks of a scale-up domain
    tokens: int
    micro_batches: int
    tp: int = 1
    cp: int = 1
    ep: int = 1
    etp: int = 1
    zero: int = 1
    schedule: str = "1f1b"
    chunks: int = 1

    @property
    def pp(self) -> int:
        """Stages."""
        return len(self.stage)

    @property
    def layers(self) -> int:
        """Layers of the fullest stage."""
        return -(-self.model.layers // self.pp)

    @property
    def moe_layers(self) -> int:
        """Layers with experts of the fullest stage."""
        return -(-self.model.moe_layers // self.pp)

    @property
    def expert_groups(self) -> Ranks:
        """(groups, ep) ranks that exchange tokens: of each group, those of equal place in the groups of ``etp``."""
        return self.stage.reshape(-1, self.ep, self.etp).transpose(0, 2, 1).reshape(-1, self.ep)

    @property
    def context_groups(self) -> Ranks:
        """(groups, cp) ranks that share sequences."""
        return self.stage.reshape(-1, self.cp, self.tp).transpose(0, 2, 1).reshape(-1, self.cp)

    def replicas(self) -> list[tuple[str, Ranks, float]]:
        """Return what ranks hold alike: its name, (groups, n) ranks, parameters of each group; n may be 1."""
        model, wide = self.model, self.ep * self.etp
        experts = model.moe_layers * model.routed_experts * expert_parameters(model) / self.pp / wide
        held = [("dense", strided(self.stage, self.tp), dense_parameters(model) / self.pp / self.tp)]
        return held + ([("experts", strided(self.stage, wide), experts)] if model.routed_experts else [])


def layout_of(
    n_ranks: int,
    figures: Model,
    ep: int | None,
    where: Mapping[str, Any],
    *,
    tp: int,
    pp: int,
    cp: int,
    etp: int,
    tokens: int = 1,
    micro_batches: int = 2,
    zero: int = 1,
    schedule: str = "1f1b",
    chunks: int = 1,
    checks: bool = True,
) -> Layout:
    """Return who works with whom; raises DemandError for what does not divide, unless it is not to be checked."""
    stage = np.arange(n_ranks, dtype=np.int64).reshape(pp, -1)
    group = _experts_over(stage.shape[1], figures, ep, where, etp)
    stage = _whole(stage, group * etp, **where)
    if checks:
        check_divides(tp, stage.shape[1], name="tp", what="ranks of a stage")
        check_divides(cp, stage.shape[1] // tp, name="cp", what="tensor groups of a stage")
        check_schedule(schedule, pp=pp, micro_batches=micro_batches, chunks=chunks, layers=figures.layers)
    return Layout(
        figures, stage, where["ranks_per_domain"], tokens, micro_batches,
        tp=tp, cp=cp, ep=group, etp=etp, zero=zero, schedule=schedule, chunks=chunks,
    )  # fmt: skip


def _whole(stage: Ranks, ep: int, **where: Any) -> Ranks:
    """Return the ranks of each stage that whole expert groups of ``ep`` take, of ``stage`` (pp, ranks)."""
    if ep == 1:
        return stage
    members = groups(stage.size, ep, **where)
    each = len(members) // len(stage)
    if not each:
        raise DemandError(
            f"ep={ep}: {stage.size} ranks hold {len(members)} groups of it, fewer than the {len(stage)} stages of pp; "
            "give a smaller ep or pp"
        )
    return members[: each * len(stage)].reshape(len(stage), -1)


def _experts_over(n: int, figures: Model, ep: int | None, where: Mapping[str, Any], etp: int) -> int:
    """Return the ranks of an expert group among the ``n`` of a stage: 1 where there is none to have.

    Raises DemandError where a dense model is given a group, or ``etp`` does not divide the ranks of a host.
    """
    if not figures.routed_experts:
        if ep not in (None, 1) or etp > 1:
            key = f"etp={etp}" if etp > 1 else f"ep={ep}"
            raise DemandError(f"{key}: {figures.name} is dense, so there are no experts to divide; leave it out")
        return 1
    check_divides(etp, where["ranks_per_host"], name="etp", what="ranks of a host")
    check_divides(etp, n, name="etp", what="ranks of a stage")
    if n == etp:
        return 1
    return default_ep(n // etp, figures, **thinned(where, etp), fill=True) if ep is None else ep


def thinned(where: Mapping[str, Any], etp: int) -> dict[str, Any]:
    """Return hosts and domains as one rank of every group of ``etp`` sees them."""
    return {key: max(n // etp, 1) for key, n in where.items()}


def strided(stage: Ranks, width: int) -> Ranks:
    """Return the ranks of a stage (pp, ranks) of equal place in groups of ``width``: who holds the same parameters."""
    return stage.reshape(len(stage), -1, width).transpose(0, 2, 1).reshape(len(stage) * width, -1)
