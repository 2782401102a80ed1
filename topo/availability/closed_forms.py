"""What rates of failure and repair mean for a part, a job and a store of spares, in closed form.

Parts fail independently, each after an exponential time: failures come as a Poisson process whose rate is the sum
of the rates of all parts [1]_.  A job runs on all of its parts, so the first failure of any stops it; it restarts from
its last checkpoint [2]_ [3]_ [4]_.

Limits.  No wear, no burst, no cause that takes several parts at once, no queue for a place to restart in.

.. [1] R. Barlow, F. Proschan, Mathematical Theory of Reliability, 1965, ch. 2.
.. [2] J. T. Daly, A higher order estimate of the optimum checkpoint interval for restart dumps, Future Generation
   Computer Systems 22, 2006, sec. 3.
.. [3] J. W. Young, A first order approximation to the optimum checkpoint interval, Comm. ACM 17, 1974.
.. [4] A. Kokolis et al., Revisiting Reliability in Large-Scale Machine Learning Research Clusters, HPCA 2025,
   arXiv 2410.21680, on the expected effective training time ratio.
"""

from __future__ import annotations

import math

from topo.availability.rates import RatesError


def mean_time_to_failure(parts: float, rate: float) -> float:
    """Return the mean time until the first of ``parts`` fails [s], each at ``rate`` [1/s]; infinite where none does.

    >>> round(mean_time_to_failure(16384 / 8, 6.5 / 1000 / 86400) / 3600, 2)
    1.8
    """
    _check(parts=parts, rate=rate)
    return 1 / (parts * rate) if parts * rate > 0 else math.inf


def availability(between: float, repair: float) -> float:
    """Return the share of time that a part works: MTBF / (MTBF + MTTR), both [s].

    ``between`` is the mean time that it works between two failures.

    >>> round(availability(13.8 * 60, 75), 3)
    0.917
    """
    _check(between=between, repair=repair)
    if math.isinf(between):
        return 1.0
    return between / (between + repair) if between + repair > 0 else 0.0


def uninterrupted(mttf: float, period: float) -> float:
    """Return the probability that nothing fails for ``period`` [s] where the mean time to a failure is ``mttf`` [s]."""
    _check(mttf=mttf, period=period)
    return math.exp(-period / mttf) if mttf > 0 else float(period == 0)


def effective_time(mttf: float, *, interval: float, restart: float, write: float = 0.0) -> float:
    """Return the share of its time in which a job gets ahead: its effective training time ratio, ETTR.

    A checkpoint is written every ``interval`` of work and takes ``write``; after a failure ``restart`` passes, and the
    work since the last checkpoint is done again; all [s].  Failures strike during work, writing and restarting alike.
    An interval of work then takes, in the mean [2]_::

        M exp(R / M) (exp((interval + write) / M) - 1)        M = mttf, R = restart

    >>> round(effective_time(1.803 * 3600, interval=3600, restart=300), 3)
    0.714
    """
    _check(mttf=mttf, interval=interval, restart=restart, write=write)
    if interval == 0:
        raise RatesError("interval: checkpoints need time between them; give more than 0 s")
    if math.isinf(mttf):
        return interval / (interval + write)
    most = (interval + write + restart) / mttf if mttf > 0 else math.inf
    if most > 700:  # exp leaves double precision; nothing gets done
        return 0.0
    return interval / (mttf * math.exp(restart / mttf) * math.expm1((interval + write) / mttf))


def first_order_effective_time(mttf: float, *, interval: float, restart: float, write: float = 0.0) -> float:
    """Return the ETTR to first order in 1 / mttf, as [4]_ has it; 0 where that falls below.

    Every failure costs the restart and half an interval::

        (1 - (restart + interval / 2) / mttf) / (1 + write / interval)

    Limits.  Holds while restart and interval are short against ``mttf``; a failure during a restart is left out.
    """
    _check(mttf=mttf, interval=interval, restart=restart, write=write)
    if interval == 0 or mttf == 0:
        return 0.0
    return max(0.0, (1 - (restart + interval / 2) / mttf) / (1 + write / interval))


def best_interval(mttf: float, write: float) -> float:
    """Return the interval between checkpoints that makes ``effective_time`` largest [s]; 0 where writing takes none.

    The optimum of the expression of [2]_ in full: interval = M (1 + W(-exp(-1 - write / M))), W the main branch of
    Lambert's function.  For a short ``write`` it is sqrt(2 write M), as in [3]_.
    """
    from scipy.special import lambertw

    _check(mttf=mttf, write=write)
    if write == 0 or mttf == 0:
        return 0.0
    if math.isinf(mttf):
        return math.inf
    return float(mttf * (1 + lambertw(-math.exp(-1 - write / mttf)).real))


def spares(parts: float, rate: float, *, wait: float, confidence: float) -> int:
    """Return how many spare parts last until more come, with probability ``confidence`` at least.

    ``parts`` fail at ``rate`` [1/s] each and ``wait`` [s] passes until a spare that was taken has its successor: those
    taken meanwhile are Poisson with mean parts rate wait, whatever the distribution of the wait [1]_.
    """
    from scipy.special import pdtr

    _check(parts=parts, rate=rate, wait=wait)
    if not 0 < confidence < 1:
        raise RatesError(f"confidence: {confidence:g} must lie between 0 and 1, both excluded, such as 0.99")
    mean = parts * rate * wait
    below, enough = -1, 0
    while pdtr(enough, mean) < confidence:
        below, enough = enough, 2 * enough + 1
    while enough - below > 1:
        middle = (below + enough) // 2
        below, enough = (below, middle) if pdtr(middle, mean) >= confidence else (middle, enough)
    return enough


def _check(**given: float) -> None:
    for key, value in given.items():
        if not value >= 0:
            raise RatesError(f"{key}: {value:g} must be 0 or more")
