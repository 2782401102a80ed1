"""Headings, axes and numbers of a result, from what its quantity says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from topo.quantities import QUANTITIES
from topo.report import words

if TYPE_CHECKING:
    from topo.report.tables import Column

_FORMS: dict[str, words.Form] = {
    "bytes": words.byte_count,
    "count": words.count,
    "flag": words.text,
    "gbps": words.number,
    "line-rate": words.gbps,
    "nines": words.nines,
    "number": words.number,
    "percent": words.percent,
    "rate": words.rate,
    "ratio": words.ratio,
    "rows": words.text,
    "seconds": words.seconds,
    "signed-percent": words.signed_percent,
    "text": words.text,
    "usd": words.usd,
    "watts": words.watts,
}
#: Formats whose numbers stand without their unit, and those whose numbers carry one that fits their size.
_BARE = ("gbps", "number", "ratio")
_WITH_UNIT = ("bytes", "line-rate", "rate", "seconds", "watts")
#: Format -> factor and unit of an axis over values in SI; that of times goes by the largest of them.
_AXES = {"bytes": (1e-9, "GB"), "line-rate": (8e-9, "Gb/s"), "rate": (1e-9, "GB/s"), "watts": (1e-3, "kW")}


def form(key: str) -> words.Form:
    """Return how the page writes values of ``key``."""
    return _FORMS[QUANTITIES[key].format]


def title(key: str) -> str:
    """Return what the page calls ``key`` within a sentence."""
    return QUANTITIES[key].title


def heading(key: str) -> str:
    """Return what the page calls ``key`` at the head of a column, a card or a sentence."""
    name = title(key)
    return name[:1].upper() + name[1:]


def column(key: str, note: str = "", **look: Any) -> Column:
    """Return the column of a table for ``key``; ``note`` stands below its heading in the place of the unit."""
    from topo.report.tables import Column  # which a number needs not

    one = QUANTITIES[key]
    unit = note or ("" if one.format in _WITH_UNIT else one.unit)
    return Column(heading(key), form(key), unit, one.unit, numeric=one.format != "text", **look)


def links_of(tier: str) -> str:
    """Return what sentences call the links of ``tier``; plain links where it is not known."""
    return {"endpoint": "endpoint ports", "": "links"}.get(tier, f"{tier} links")


def reading(key: str, value: Any) -> str:
    """Return ``value`` of ``key`` with its unit, as it stands alone."""
    one = QUANTITIES[key]
    return form(key)(value) + (f"{words.NARROW}{one.unit}" if one.format in _BARE and one.unit else "")


def axis(key: str) -> str:
    """Return the title of an axis over values of ``key`` as they are."""
    one = QUANTITIES[key]
    return f"{one.title} [{one.unit or 'number'}]"


def scale(key: str, values: Sequence[float | None]) -> tuple[float, str]:
    """Return the factor by which an axis shows ``values`` of ``key``, and the axis's title."""
    one = QUANTITIES[key]
    if one.format == "seconds":
        factor, unit = words.time_scale(values)
    elif one.format in _AXES:
        factor, unit = _AXES[one.format]
    else:
        return 1.0, axis(key)
    return factor, f"{one.title} [{unit}]"
