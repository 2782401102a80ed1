"""Distributions and lines: what is marked lies where the numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from topo.report.figures.curves import distributions, lines
from topo.report.figures.marks import Series


def test_levels_of_a_pane_are_lines_at_their_values_and_close_ones_share_one():
    panes = {"net": {"global": ([0.0, 10.0], [0.0, 1.0])}}
    spec = distributions(panes, "x", levels={"net": {"mean": 2.0, "p99": 9.9, "max": 10.0}})
    shapes = spec["layout"]["shapes"]
    assert [shape["x0"] for shape in shapes] == [2.0, 9.9]
    told = [note["text"] for note in spec["layout"]["annotations"]]
    assert told == ["net", "mean", "p99 · max"]


def test_levels_stand_in_their_own_pane():
    panes = {name: {"local": ([0.0, 1.0], [0.0, 1.0])} for name in ("a", "b")}
    spec = distributions(panes, "x", levels={"b": {"mean": 0.5}})
    (shape,) = spec["layout"]["shapes"]
    assert shape["yref"].startswith("y2")


def test_of_two_lines_that_are_alike_both_can_be_seen():
    spec = lines([1, 2], [Series("sent", [1.0, 1.0]), Series("received", [1.0, 1.0])], "x [number]", "y [GB]")
    under, over = spec["data"]
    assert under["line"]["width"] > over["line"]["width"]
    assert under["marker"]["size"] > over["marker"]["size"]


@pytest.mark.parametrize(("values", "kind"), [([1, 2, 4], None), ([512, 2048, 262_144], "log"), ([0, 1, 1000], None)])
def test_an_axis_over_a_wide_range_is_logarithmic(values, kind):
    spec = lines(values, [Series("a", list(np.ones(3)))], "x [number]", "y [GB]")
    assert spec["layout"]["xaxis"].get("type") == kind


def test_numbers_below_an_axis_have_room():
    """0 and 1 of 64 are three pixels apart on a phone."""
    x = [0, 1, 8, 64]
    axis = lines(x, [Series("kept", [1.0, 0.9, 0.8, 0.7])], "cables", "share")["layout"]["xaxis"]
    assert (axis["tickvals"], axis["ticktext"]) == ([0, 8, 64], ["0", "8", "64"])
