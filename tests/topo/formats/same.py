"""Whether two fabrics are the same: every array, every setting; one place for all tests of formats."""

from __future__ import annotations

import numpy as np

from topo.fabric import Fabric

ARRAYS = (
    "kind", "plane", "group", "host", "domain", "tail", "head", "first",
    "capacity", "latency", "weight", "cable", "tier", "medium",
)  # fmt: skip
SETTINGS = ("name", "overhead", "relay", "radix", "groups", "packet", "launch")


def check_same(found: Fabric, wanted: Fabric, *, but: tuple[str, ...] = ()) -> None:
    """Law: what is written and read is the same fabric, save for what the format cannot carry (``but``)."""
    for name in ARRAYS:
        if name not in but:
            np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name)
    for name in SETTINGS:
        if name not in but:
            assert getattr(found, name) == getattr(wanted, name), name


def cables_of(fabric: Fabric) -> list[tuple[object, ...]]:
    """Return cables by the names of their ends, sorted: what is left to compare where numbers may differ."""
    names = fabric.source.names if fabric.source else tuple(map(str, range(fabric.n_nodes)))
    rows = fabric.cables()
    ends = zip(rows["a"].tolist(), rows["b"].tolist(), rows["capacity"].tolist(), strict=True)
    return sorted((*sorted((names[a], names[b])), capacity) for a, b, capacity in ends)
