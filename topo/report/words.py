"""How the page writes a number: one function a quantity, SI in, text out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

#: Keeps a number and its unit on one line.
NARROW = "\N{NO-BREAK SPACE}"
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))

#: What stands where there is no number.
ABSENT = "–"

Form = Callable[[Any], str]


def number(value: Any, digits: int = 3) -> str:
    """Return ``value`` with ``digits`` significant digits and thousands separators."""
    if not _is_number(value):
        return ABSENT if value is None else str(value)
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= 10 ** (digits - 1):
        return _minus(f"{value:,.0f}")
    if abs(value) < 1e-3:
        return _minus(f"{value:.{digits - 1}e}")
    return _minus(f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}")


def count(value: Any) -> str:
    """Return a whole number with thousands separators."""
    return _minus(f"{value:z,.0f}") if _is_number(value) and math.isfinite(value) else number(value)


def ratio(value: Any) -> str:
    """Return a plain ratio with three decimals: 1.000, 0.957."""
    if not _is_number(value) or not math.isfinite(value):
        return number(value)
    return number(value) if 0 < abs(value) < 5e-4 else _minus(f"{value:,.3f}")


def percent(value: Any) -> str:
    """Return a share in percent, one decimal; what rounds to nothing has no sign."""
    return _minus(f"{100 * value:z.1f}{NARROW}%") if _is_number(value) and math.isfinite(value) else number(value)


def nines(value: Any) -> str:
    """Return a share in percent, with as many decimals as show how far it is from all: 99.986 %."""
    if not _is_number(value) or not 0.9 < value < 1:
        return percent(value)
    decimals = min(12, math.floor(-math.log10(1 - value)))
    return f"{100 * value:.{decimals}f}{NARROW}%"


def signed_percent(value: Any) -> str:
    """Return a residual in percent with its sign, two decimals; zero without one."""
    if not _is_number(value) or not math.isfinite(value):
        return number(value)
    return f"0{NARROW}%" if abs(value) < 5e-5 else _minus(f"{100 * value:+.2f}{NARROW}%")


def usd(value: Any) -> str:
    """Return dollars: full below a million, in millions above."""
    if not _is_number(value) or not math.isfinite(value):
        return number(value)
    sign = "−" if value < 0 else ""
    if abs(value) >= 1e6:
        return f"{sign}${abs(value) / 1e6:,{'.4g' if abs(value) < 1e9 else '.0f'}}{NARROW}million"
    return f"{sign}${abs(value):,.0f}" if abs(value) >= 100 else f"{sign}${abs(value):,.2f}"


def time_scale(values: Sequence[float | None]) -> tuple[float, str]:
    """Return the factor and the unit in which an axis shows ``values`` [s]."""
    largest = max((abs(v) for v in values if v is not None), default=1.0)
    return next(((1 / s, u) for s, u in _TIMES if largest >= s), (1e9, "ns"))


def seconds(value: Any) -> str:
    """Return a time in the unit that keeps three digits readable."""
    return _in_unit(value, _TIMES)


def byte_count(value: Any) -> str:
    """Return bytes with a decimal prefix."""
    return _in_unit(value, ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")))


def gbps(value: Any) -> str:
    """Return a rate [B/s] in gigabits a second, as datasheets do."""
    from topo.units import gbps as to_gbps

    return f"{number(to_gbps(value))}{NARROW}Gb/s" if _is_number(value) else number(value)


def rate(value: Any) -> str:
    """Return a rate [B/s] in gigabytes a second, as nccl-tests does."""
    return f"{number(value / 1e9)}{NARROW}GB/s" if _is_number(value) else number(value)


def watts(value: Any) -> str:
    """Return a power with a decimal prefix."""
    return _in_unit(value, ((1e6, "MW"), (1e3, "kW"), (1.0, "W")))


def text(value: Any) -> str:
    """Return ``value`` as a reader would write it."""
    if isinstance(value, list | tuple):
        return ", ".join(map(text, value)) or ABSENT
    if isinstance(value, dict):
        return ", ".join(f"{key} {text(item)}" for key, item in value.items()) or ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        decimal = number(value, 4)
        # What was asked for reads as it was written: 0.05 and 1, not 0.05000 and 1.000.
        return decimal.rstrip("0").rstrip(".") if "." in decimal and "e" not in decimal else decimal
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}"
    return ABSENT if value is None or value == "" else str(value)


def of_capacity(utilization: Any) -> str:
    """Return how full a link is: 1.28 times its capacity, or 43.8 % of it where it carries all that it is asked for."""
    if not _is_number(utilization) or utilization <= 1 + 1e-9:
        return f"{percent(utilization)} of its capacity"
    return f"{number(utilization)} times its capacity"


def plural(n: int, noun: str) -> str:
    """Return ``n`` with its noun: 1 case, 2 cases, 2 switches."""
    ending = "es" if noun.endswith(("s", "ch", "sh", "x")) else "s"
    return f"{n:,} {noun}{'' if n == 1 else ending}"


def listing(names: list[str], most: int = 4) -> str:
    """Return names as a sentence lists them; past ``most`` the rest is counted."""
    if len(names) > most:
        return ", ".join(names[: most - 1]) + f" and {len(names) - most + 1} more"
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else "none"


def clip(name: str, most: int = 60) -> str:
    """Return ``name`` cut to ``most`` characters, for axes and cells; the full one stays in the config."""
    return name if len(name) <= most else name[: most - 1] + "…"


def _in_unit(value: Any, units: tuple[tuple[float, str], ...]) -> str:
    if not _is_number(value) or not math.isfinite(value):
        return number(value)
    scale, unit = next(((s, u) for s, u in units if abs(value) >= 0.9995 * s), units[-1])
    return f"{number(value / scale)}{NARROW}{unit}" if value else f"0{NARROW}{'s' if units is _TIMES else units[-1][1]}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _minus(text_: str) -> str:
    return text_.replace("-", "−") if "e-" not in text_ else text_
