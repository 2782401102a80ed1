"""Quantities with units, read into SI: the one place where bits meet bytes.

``b`` is a bit and ``B`` a byte; prefixes are decimal (k, M, G, T, P) or binary
(Ki, Mi, Gi, Ti), and case counts: ``400Gb/s`` is 50e9 B/s, ``50GB/s`` the same.
"""

from __future__ import annotations

import re

BITS_PER_BYTE = 8
_DECIMAL = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_COUNTS = {**_DECIMAL, "E": 1e18}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
_PREFIX = {**_DECIMAL, **_BINARY}
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "ps": 1e-12}
#: [s] what repairs, checkpoints and failures are counted in; a month is a twelfth of a year of 365.25 days.
_SPANS = {**_SECONDS, "min": 60.0, "h": 3600.0, "d": 86400.0, "week": 604800.0, "month": 2629800.0, "year": 31557600.0}
# Patterns are compiled when the first text is read: most commands read few of these kinds.
_NUMBER = r"\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*"
_RATE = _NUMBER + r"((?:[KMGT]i)|[kKMGTP]?)(b|B|bit|bits|byte|bytes)(?:/s|ps)\s*"
_SIZE = _NUMBER + r"((?:[KMGT]i)|[kKMGTP]?)(B|b|bit|bits|byte|bytes)?\s*"
_SHARE = _NUMBER + r"(%?)\s*"
_FLOPS = _NUMBER + r"([kKMGTPE]?)FLOP(?:/s|S|s)\s*"
_TIME = _NUMBER + r"(s|ms|us|µs|ns|ps)\s*"
_SPAN_UNIT = r"(s|ms|us|µs|ns|ps|min|h|d|weeks?|months?|years?)\s*"
_SPAN = _NUMBER + _SPAN_UNIT
_FREQUENCY = _NUMBER + r"(%?)\s*per\s+(?:" + _NUMBER + r")?" + _SPAN_UNIT


#: Rates, sizes and times of anything real, with room to spare; beyond, products of them leave double precision.
SMALLEST, LARGEST = 1e-30, 1e30
#: Whole numbers fit 64 bits, sign included, or no array and no other program holds them.
LARGEST_WHOLE = 2**63 - 1


class UnitError(ValueError):
    """A quantity that cannot be read: says what was given and what would do."""


def rate(text: str) -> float:
    """Return the rate written in ``text`` [B/s]; ``400Gb/s`` and ``50GB/s`` are equal.

    Raises UnitError for a number without a unit, an unknown unit, or a rate that is not positive.
    """
    match = re.fullmatch(_RATE, _text(text, "rate", "400Gb/s or 50GB/s"))
    if match is None:
        raise UnitError(f"rate: {text!r} is not a rate; write a number with b/s or B/s, such as 400Gb/s or 50GB/s")
    number, prefix, unit = match.groups()
    return _positive(float(number) * _PREFIX[prefix] / _bits(unit), "rate", text)


def capacity(value: float | str) -> float:
    """Return a capacity [B/s] that is given as a number, or in words as ``rate`` reads them."""
    return rate(value) if isinstance(value, str) else value


def latency(value: float | str) -> float:
    """Return a latency [s] that is given as a number, or in words as ``span`` reads them."""
    return span(value) if isinstance(value, str) else value


def size(text: str | float) -> float:
    """Return the number of bytes written in ``text`` [bytes]; a bare number is bytes.

    Raises UnitError for an unknown unit or a size that is not positive.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return _positive(float(text) if abs(text) <= LARGEST else float("inf"), "size", text)
    match = re.fullmatch(_SIZE, _text(text, "size", "1MiB or 4096"))
    if match is None:
        raise UnitError(f"size: {text!r} is not a size; write bytes or a number with a unit, such as 1MiB or 4096")
    number, prefix, unit = match.groups()
    if prefix and not unit:
        raise UnitError(f"size: {text!r} has a prefix without a unit; write {number}{prefix}B for bytes")
    return _positive(float(number) * _PREFIX[prefix] / _bits(unit or "B"), "size", text)


def duration(text: str | float) -> float:
    """Return the time written in ``text`` [s]; zero may go without a unit.

    Raises UnitError for a number without a unit, an unknown unit or a negative time.
    """
    if text in (0, 0.0) and not isinstance(text, bool):
        return 0.0
    match = re.fullmatch(_TIME, _text(text, "duration", "1.2us"))
    if match is None:
        raise UnitError(f"duration: {text!r} is not a time; write a number with s, ms, us or ns, such as 1.2us")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not 0 <= seconds <= LARGEST:
        raise UnitError(f"duration: {text!r} must not be negative and at most {LARGEST:g} s")
    return seconds


def span(text: str | float) -> float:
    """Return the time written in ``text`` [s], which may be long: ``75min``, ``4h``, ``7d``, ``1 week``.

    Raises UnitError for a number without a unit, an unknown unit or a negative time.
    """
    if text in (0, 0.0) and not isinstance(text, bool):
        return 0.0
    match = re.fullmatch(_SPAN, _text(text, "time", "75min or 4h"))
    if match is None:
        raise UnitError(f"time: {text!r} is none; write a number with s, min, h, d or week, such as 75min")
    seconds = float(match[1]) * _span(match[2])
    if not 0 <= seconds <= LARGEST:
        raise UnitError(f"time: {text!r} must not be negative and at most {LARGEST:g} s")
    return seconds


def frequency(text: str) -> float:
    """Return how often something happens, written in ``text`` [1/s].

    ``6.5 per 1000 d``, ``0.057 % per month`` and ``1 per 98.5 h`` are such: a number or a share of the parts, and the
    time over which they were counted.

    Raises UnitError for what has no time, an unknown unit, or is not positive.
    """
    match = re.fullmatch(_FREQUENCY, _text(text, "failure rate", "6.5 per 1000 d"))
    if match is None:
        raise UnitError(
            f"failure rate: {text!r} is none; write how many per time, such as 6.5 per 1000 d or 0.057 % per month"
        )
    number, percent, times, unit = match.groups()
    over = float(times or 1) * _span(unit)
    return _positive(float(number) / (100 if percent else 1) / over if over > 0 else 0.0, "failure rate", text)


def share(text: str | float) -> float:
    """Return the share written in ``text``: ``1 %`` and 0.01 are equal.

    Raises UnitError for what is neither a number nor one in percent, or does not lie from 0 to 1.
    """
    match = re.fullmatch(_SHARE, str(text))
    if match is None or isinstance(text, bool):
        raise UnitError(f"share: {text!r} is no share; write 1 % or 0.01")
    value = float(match[1]) / (100 if match[2] else 1)
    if not 0 <= value < 1:
        raise UnitError(f"share: {text!r} must be at least 0 and below 1, such as 1 % or 0.01")
    return value


def flops(text: str) -> float:
    """Return the floating-point operations a second written in ``text``: ``989TFLOP/s`` and ``0.989PFLOPS`` are equal.

    Raises UnitError for a number without a unit, an unknown unit, or a rate that is not positive.
    """
    match = re.fullmatch(_FLOPS, _text(text, "FLOP rate", "989TFLOP/s"))
    if match is None:
        raise UnitError(f"FLOP rate: {text!r} is none; write a number with FLOP/s, such as 989TFLOP/s")
    return _positive(float(match[1]) * _COUNTS[match[2]], "FLOP rate", text)


def efficiency(text: str | float) -> float:
    """Return the part of a bound that is reached, written in ``text``: ``92 %`` and 0.92 are equal.

    Raises UnitError for what is neither a number nor one in percent, or lies outside (0, 1].
    """
    match = re.fullmatch(_SHARE, str(text))
    if match is None or isinstance(text, bool):
        raise UnitError(f"efficiency: {text!r} is none; write 92 % or 0.92")
    value = float(match[1]) / (100 if match[2] else 1)
    if not 0 < value <= 1:
        raise UnitError(f"efficiency: {text!r} must be above 0 and at most 1, such as 92 % or 0.92")
    return value


def gbps(bytes_per_second: float) -> float:
    """Return a rate [B/s] in gigabits a second, the unit of datasheets and of ``*_gbps`` keys."""
    return bytes_per_second * BITS_PER_BYTE / 1e9


def from_gbps(gigabits_per_second: float) -> float:
    """Return a datasheet rate [Gb/s] in bytes a second."""
    return gigabits_per_second * 1e9 / BITS_PER_BYTE


def _span(unit: str) -> float:
    return _SPANS[unit] if unit in _SPANS else _SPANS[unit.removesuffix("s")]


def _text(value: object, what: str, example: str) -> str:
    if not isinstance(value, str):
        raise UnitError(f"{what}: {value!r} has no unit; write {example}")
    return value


def _bits(unit: str) -> int:
    return BITS_PER_BYTE if unit in ("b", "bit", "bits") else 1


def _positive(value: float, what: str, given: object) -> float:
    if not value > 0:
        raise UnitError(f"{what}: {given!r} must be positive and finite")
    if not SMALLEST <= value <= LARGEST:
        raise UnitError(f"{what}: {given!r} must lie between {SMALLEST:g} and {LARGEST:g}")
    return value


def several(n: int, one: str, more: str) -> str:
    """Return ``n`` and what there is so many of, with its verb if there is one.

    >>> several(1, "device is left out", "devices are left out"), several(2, "leaf", "leaves")
    ('1 device is left out', '2 leaves')
    """
    return f"{n:,} {one if n == 1 else more}"
