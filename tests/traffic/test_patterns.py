"""Every registered pattern: the laws hold, or it refuses for the reason that it documents."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.oracles import check_demand
from tests.test_layers import LAYERS
from traffic import PATTERNS, DemandError, offer

#: (pattern, ranks) -> why there is no such demand.
REFUSED = {
    ("bit-complement", 12): "power of two",
    ("bit-complement", 72): "power of two",
    ("transpose", 8): "square number",
    ("transpose", 12): "square number",
    ("transpose", 72): "square number",
    ("moe-all-to-all", 49): "no group of",
    ("training-step", 49): "no group of",
    ("decode-step", 49): "no group of",
    ("prefill-step", 49): "no group of",
    ("bit-complement", 49): "power of two",
}


@pytest.mark.parametrize("n_ranks", [8, 12, 16, 49, 64, 72])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_laws_of_every_pattern(pattern, n_ranks):
    if (pattern, n_ranks) in REFUSED:
        with pytest.raises(DemandError, match=REFUSED[pattern, n_ranks]):
            offer(pattern, n_ranks=n_ranks)
        return
    check_demand(offer(pattern, n_ranks=n_ranks, seed=3))


def test_registry_is_sorted():
    assert list(PATTERNS) == sorted(PATTERNS)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(DemandError, match=r"known: all-gather, .* did you mean permutation"):
        offer("permutatoin", n_ranks=8)
    with pytest.raises(DemandError, match=r"incast: parameter 'fanin' .* did you mean fan_in"):
        offer("incast", n_ranks=8, fanin=3)


def test_importing_traffic_loads_neither_scipy_nor_the_network_side():
    code = "import sys, traffic; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert not loaded & {"scipy", "networkx", "pydantic"}
    ground = LAYERS[-1] | LAYERS[-2]
    assert {name for name in loaded if name.startswith("topo.")} <= ground, "only the ground floor"
