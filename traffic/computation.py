"""Computation of a rank in a training step: given, or from operations, a FLOP rate and the share of it that is reached.

    compute = FLOP a token, forward and backward x tokens of a rank x micro-batches / pp / (FLOP/s x mfu)

The share is that of the model's own operations (MFU), so what is computed again is in it.  One that was published of a
whole step has its bubble and its exposed communication in it too; the sentence says where the share is from.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from traffic.demand import DemandError
from traffic.figures import training_flops
from traffic.layout import check_positive
from traffic.model import Model

#: What is said where nothing is known of it.
NOT_COUNTED = "not counted: neither compute_s nor a FLOP rate with the share that is reached (flops, mfu) is stated"


class Computation(NamedTuple):
    """Time of a rank without the bubble [s], and where it is from."""

    seconds: float
    source: str


def computation(
    model: Model,
    *,
    compute_s: float | None,
    flops: float | None,
    mfu: float | None,
    precision: str,
    tokens: int,
    micro_batches: int,
    pp: int,
    sequence: int,
) -> Computation:
    """Return the computation of a rank; what is given wins, and 0 stands for what nothing states.

    Raises DemandError for a time that is negative or infinite, a rate that is not positive, a share outside (0, 1].
    """
    if compute_s is not None:
        return given(compute_s)
    if flops is None or mfu is None:
        return Computation(0.0, NOT_COUNTED)
    each = training_flops(model, sequence)
    seconds = each * tokens * micro_batches / pp / reached(flops, mfu)
    said = f"{each / 1e9:.4g} GFLOP a token at {100 * mfu:.4g} % of {flops / 1e12:.4g} TFLOP/s ({precision})"
    return Computation(seconds, said)


def given(compute_s: float) -> Computation:
    """Return a time that is stated; raises DemandError for one that is negative or infinite."""
    if not 0 <= compute_s < np.inf:
        raise DemandError(f"compute_s must be a time of 0 s or more [s]; got a computation of {compute_s!r}")
    return Computation(float(compute_s), "given" if compute_s else "not counted: compute_s is 0")


def reached(flops: float, mfu: float) -> float:
    """Return the FLOP rate that is reached; raises DemandError for what is no rate, or no share of one."""
    check_positive(flops, name="flops", unit="FLOP/s")
    if not 0 < mfu <= 1:
        raise DemandError(f"mfu must be above 0 and at most 1; got {mfu!r}")
    return flops * mfu
