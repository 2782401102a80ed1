"""What all figures share: palette, axes, layout.

The palette is that of Okabe and Ito, darkened or lightened to keep contrast on
either page; marker symbols and dashes repeat what the colour says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from topo.report.tables import Table

#: Token -> colour on the light and on the dark page.  Series colours have a contrast of 3 : 1 or more on both.
PALETTE = {
    "$c1": ("#0072B2", "#4FA8E0"),  # blue
    "$c2": ("#D55E00", "#FF8F4A"),  # vermillion
    "$c3": ("#00805E", "#2BC49B"),  # bluish green
    "$c4": ("#A94E85", "#E59BC6"),  # reddish purple
    "$c5": ("#A66F00", "#F2B93B"),  # orange
    "$c6": ("#2E8FBF", "#9AD6F8"),  # sky blue
    "$c7": ("#5B6472", "#A9B2BF"),  # grey
    "$c8": ("#22262E", "#F0E442"),  # black on paper, yellow on night
    "$ink": ("#1B1F26", "#E8EAED"),
    "$soft": ("#5B6472", "#A0A8B4"),
    "$grid": ("#E3E6EB", "#2C323B"),
    "$paper": ("#FFFFFF", "#171B21"),
    "$wash": ("#EEF1F5", "#222831"),
    "$low": ("#C3D0DC", "#33424F"),  # utilization: idle
    "$mid": ("#4C9BCB", "#3F8FC4"),
    "$high": ("#0A4A78", "#B9E0FA"),
    "$warm": ("#D98200", "#F2B93B"),  # above 1: more than the link carries
    "$over": ("#C2410C", "#FF6B45"),  # well above 1
}
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "star", "pentagon", "cross")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
PATTERNS = ("", "/", "x", ".", "\\", "+", "-", "|")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

Trace = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Variant:
    """One reading of a figure: the reader picks it by name."""

    name: str
    spec: dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A figure: its finding as caption, its drawing (one or several to pick from), its numbers."""

    id: str
    finding: str
    how: str  # how to read it: what is drawn, in which unit
    variants: tuple[Variant, ...]
    table: Table | None = None
    pick: str = ""  # what the picker chooses, such as "traffic"
    sliders: tuple[tuple[str, float], ...] = ()  # name and value of what scales each trace, in order

    @property
    def height(self) -> int:
        """Height of the first drawing [px], kept free before it is drawn so that the page never jumps."""
        return int(self.variants[0].spec["layout"]["height"])


def variants(rows: Mapping[str, T], draw: Callable[[T], dict[str, Any]]) -> tuple[Variant, ...]:
    """Return a drawing of what stands under each name."""
    return tuple(Variant(name, draw(some)) for name, some in rows.items())


def figure(id: str, finding: str, how: str, spec: dict[str, Any], table: Table | None = None) -> Figure:
    """Return a figure with a single drawing."""
    return Figure(id, finding, how, (Variant("", spec),), table)


def colour(i: int) -> str:
    """Return the i-th series colour as a token."""
    return f"$c{i % 8 + 1}"


def symbol(i: int) -> str:
    """Return the i-th marker symbol."""
    return SYMBOLS[i % len(SYMBOLS)]


def dash(i: int) -> str:
    """Return the i-th line dash."""
    return DASHES[i % len(DASHES)]


def pattern(i: int) -> dict[str, Any]:
    """Return the i-th fill pattern of a bar: the second channel beside its colour."""
    return {"shape": PATTERNS[i % len(PATTERNS)], "fillmode": "overlay", "solidity": 0.3, "fgopacity": 0.6, "size": 7}


def axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with a title, which states its unit."""
    look = {
        "gridcolor": "$grid",
        "linecolor": "$grid",
        "zerolinecolor": "$grid",
        "tickfont": {"color": "$soft"},
        "title": {"text": title, "font": {"color": "$soft", "size": 12}, "standoff": 8},
        "automargin": True,
    }
    return look | more


def layout(height: int, **more: Any) -> dict[str, Any]:
    """Return the layout common to all figures."""
    base = {
        "height": height,
        "font": {"family": FONT, "size": 12, "color": "$ink"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 12, "r": 36, "t": 12, "b": 12},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        "hoverlabel": {"bgcolor": "$paper", "bordercolor": "$grid", "font": {"color": "$ink", "family": FONT}},
        "hovermode": "closest",
        "dragmode": False,
        # Upright at the right edge: across the top it would cover the legend.
        "modebar": {"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": "$soft", "activecolor": "$ink"},
    }
    return base | more


def colour_bar(title: str, nticks: int = 5) -> dict[str, Any]:
    """Return the bar that explains the colours of a map: above it, for beside it a phone has no room."""
    place = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "len": 0.7}
    look = {"thickness": 12, "outlinewidth": 0, "nticks": nticks}
    return place | look | {"title": {"text": title, "side": "top", "font": {"size": 12, "color": "$soft"}}}


def line_at(value: float, text: str, across: str = "x", row: str = "") -> dict[str, Any]:
    """Return a reference line at ``value`` of axis ``across``, labelled at its end."""
    other = "y" if across == "x" else "x"
    shape = {
        "type": "line",
        f"{across}0": value,
        f"{across}1": value,
        f"{other}0": 0,
        f"{other}1": 1,
        f"{other}ref": f"{other}{row} domain",
        f"{across}ref": f"{across}{row}",
        "line": {"color": "$over", "width": 1.5, "dash": "dash"},
        "layer": "below",
    }
    if text:
        place = {"textposition": "end", "font": {"color": "$over", "size": 11}}
        shape["label"] = place | {"text": text, "textangle": 0 if across == "y" else 90}
    return shape


def resolve(spec: Any, dark: bool = False) -> Any:
    """Return ``spec`` with every colour token replaced by its colour on the light or dark page."""
    if isinstance(spec, str):
        return PALETTE[spec][dark] if spec in PALETTE else spec
    if isinstance(spec, dict):
        return {key: resolve(value, dark) for key, value in spec.items()}
    if isinstance(spec, list | tuple):
        return [resolve(value, dark) for value in spec]
    return spec
