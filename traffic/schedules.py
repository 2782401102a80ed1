"""Schedules of a pipeline: the bubble that each leaves, what runs side by side, and what a stage holds meanwhile.

With F, B and W the times of a micro-batch on a stage forward, backward, and backward for the weights alone (B counts W
in), and PP stages [1]_::

    1F1B         (PP - 1)(F + B)
    interleaved  (PP - 1)(F + B) / v               v chunks of layers a stage [2]_
    ZB1P         (PP - 1)(F + B - 2 W)             Z. Qi et al. [3]_
    DualPipe     (PP/2 - 1)(F&B + B - 3 W)         F&B: forward and backward of two micro-batches, side by side

Backward takes twice forward, half of it for the weights: F = W = c/3, B = 2c/3, F&B = c, c the computation of a
micro-batch.  Communication of one micro-batch hides behind the computation of another, which only a steady state has:
the first stage of 1F1B runs PP - 1 forwards alone before it, and as many backwards after.  DualPipe pairs all but
3 PP/2 - 1 micro-batches on its first and last rank [4]_; interleaved stages run 2 (PP - 1) + (v - 1) PP chunks
alone [2]_.

.. [1] DeepSeek-V3 Technical Report, arXiv 2412.19437, table 2.
.. [2] D. Narayanan et al., SC 2021, arXiv 2104.04473, section 2.2.
.. [3] P. Qi et al., Zero bubble pipeline parallelism, ICLR 2024, arXiv 2401.10241.
.. [4] DualPipe, https://github.com/deepseek-ai/DualPipe: steps 4 and 5 of its schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from traffic.demand import DemandError
from traffic.layout import check_divides

#: Forward, and backward for the weights, over the computation of a micro-batch.
FORWARD = WEIGHTS = 1 / 3

Name = Literal["1f1b", "dualpipe", "interleaved", "zb1p"]


@dataclass(frozen=True)
class Schedule:
    """A schedule; each function takes PP, micro-batches and chunks a stage."""

    bubble: Callable[[int, int], float]  # PP, chunks -> micro-batches' computation
    alone: Callable[[int, int], float]  # PP, chunks -> micro-batches that no other runs beside, on the first stage
    kept: Callable[[int, int], float]  # PP, chunks -> micro-batches of a whole stage whose activations are kept
    copies: int = 1  # of a stage's parameters that a rank holds
    both_ways: bool = False  # whether micro-batches enter at both ends


SCHEDULES: dict[str, Schedule] = {
    "1f1b": Schedule(lambda pp, _: pp - 1, lambda pp, _: pp - 1, lambda pp, _: pp),
    "dualpipe": Schedule(
        lambda pp, _: max(pp / 2 - 1, 0) * (1 + 2 * FORWARD - 3 * WEIGHTS),
        lambda pp, _: 1.5 * pp - 1 if pp > 1 else 0,
        lambda pp, _: pp + 1,
        copies=2,
        both_ways=True,
    ),
    "interleaved": Schedule(
        lambda pp, v: (pp - 1) / v,
        lambda pp, v: (2 * (pp - 1) + (v - 1) * pp) / v if pp > 1 else 0,
        lambda pp, v: pp + (pp - 1) / v,
    ),
    "zb1p": Schedule(lambda pp, _: (pp - 1) * (1 - 2 * WEIGHTS), lambda pp, _: pp - 1, lambda pp, _: pp),
}


def check_schedule(name: str, *, pp: int, micro_batches: int, chunks: int, layers: int) -> None:
    """Raise DemandError where a schedule cannot be had with so many stages, micro-batches and ``chunks`` a stage."""
    if (name == "interleaved") != (chunks > 1):
        raise DemandError(f"chunks={chunks}: schedule interleaved takes 2 or more, every other 1; got schedule {name}")
    if name == "interleaved":
        check_divides(pp, micro_batches, name="pp", what="micro_batches of schedule interleaved")
        if pp * chunks > layers:
            raise DemandError(f"chunks={chunks}: {pp} stages of so many need {pp * chunks} layers; there are {layers}")
    if name == "dualpipe" and pp > 1 and (pp % 2 or micro_batches % 2 or micro_batches < 2 * pp):
        raise DemandError(
            f"schedule dualpipe needs an even pp and an even number of micro_batches, at least 2 pp; got pp={pp}, "
            f"micro_batches={micro_batches}"
        )


def bubble_s(name: str, *, compute_s: float, pp: int, micro_batches: int, chunks: int = 1) -> float:
    """Return the idle time of a rank in a step [s], of ``compute_s`` of computation.

    >>> bubble_s("1f1b", compute_s=12.0, pp=4, micro_batches=12)
    3.0
    """
    return compute_s * SCHEDULES[name].bubble(pp, chunks) / micro_batches


def paired(name: str, *, pp: int, micro_batches: int, chunks: int = 1) -> float:
    """Return the part of the micro-batches whose communication runs beside the computation of another.

    >>> paired("1f1b", pp=4, micro_batches=12), paired("1f1b", pp=1, micro_batches=1)
    (0.75, 0.0)
    """
    alone = max(SCHEDULES[name].alone(pp, chunks), 1)  # the first forward and the last backward have none beside
    return max(micro_batches - alone, 0) / micro_batches


def kept(name: str, *, pp: int, micro_batches: int, chunks: int = 1) -> float:
    """Return how many micro-batches of its layers the fullest stage holds activations of."""
    return min(SCHEDULES[name].kept(pp, chunks), micro_batches)
