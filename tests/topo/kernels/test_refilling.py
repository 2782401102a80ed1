"""Refilling only what an end changes gives the same times as refilling everything, and as SimGrid."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import csc_array

from tests.debian import need
from tests.topo.flow.explicit import permutation, problem, problems, tree_paths
from topo.kernels.filling import fill
from topo.kernels.refilling import complete

PEER = Path(__file__).parents[2] / "simgrid_peer.py"


def refill_everything(shares, capacity, size):
    """Return completion times by filling all that are left again at every end."""
    shares = csc_array(shares)
    left, here = np.array(size, dtype=float), np.arange(shares.shape[1])
    now, finish = 0.0, np.zeros(len(here))
    while len(here):
        rate, _ = fill(problem(shares[:, here], capacity))
        step = (left[here] / rate).min()
        now += step
        done = left[here] / rate <= step * (1 + 1e-12)
        finish[here[done]] = now
        left[here] -= rate * step
        here = here[~done]
    return finish


@given(problems())
@settings(max_examples=200, deadline=None)
def test_equals_refilling_everything(case):
    """Only one allocation obeys the law, so filling a part until all obey it is filling everything."""
    shares, capacity, size = case
    finish, _, _ = complete(problem(csc_array(shares), capacity), size)
    assert np.allclose(finish, refill_everything(shares, capacity, size), rtol=1e-12)


def test_one_link():
    """Sizes 1, 2, 3 on one link of capacity 1: ends at 3, 5, 6; the last byte leaves when all bytes have passed."""
    finish, _, events = complete(problem(csc_array(np.ones((1, 3))), np.ones(1)), np.array([1.0, 2.0, 3.0]))
    assert finish == pytest.approx([3.0, 5.0, 6.0], rel=1e-15)
    assert events == 3


def test_ends_can_slow_others_down():
    """When A ends B speeds up and takes from C: max-min is not monotone.

    Links: A with B on 1, B with C on 2.  First A = B = 1/2 and C = 3/2; then B = C = 1.
    """
    shares = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    finish, tight, _ = complete(problem(csc_array(shares), np.array([1.0, 2.0])), np.array([1.0, 10.0, 10.0]))
    assert finish == pytest.approx([2.0, 2.0 + 7.0 + 2.0, 9.0], rel=1e-15)
    assert tight.tolist() == [0, 0, 1]


@pytest.mark.parametrize(("k", "makespan", "mean"), [(8, 880, 331.875), (16, 1280, 384.346747)])
def test_permutation_of_mixed_sizes(k, makespan, mean):
    """facts.md section 4: sizes (1 + i mod 4) MB, the same as SimGrid's [us]."""
    finish, _, _ = complete(*mixed(k))
    assert finish.max() * 1e6 == pytest.approx(makespan, rel=1e-12)
    assert finish.mean() * 1e6 == pytest.approx(mean, abs=5e-7)


@pytest.mark.parametrize(("k", "n"), [(8, 32), (16, 64)])
def test_all_to_all_at_once(k, n):
    """facts.md section 4: all-to-all of n endpoints at once takes (n - 1) x 80 us, and ends at one moment."""
    shares, size = everyone(k, n)
    finish, _, events = complete(problem(shares, np.full(shares.shape[0], 12.5e9)), size)
    assert finish == pytest.approx(np.full(len(size), (n - 1) * 80e-6), rel=1e-12)
    assert events == 1


@pytest.mark.parametrize("case", ["permutation", "all-to-all"])
def test_agrees_with_simgrid(case):
    """Per commodity to 1e-9, on the radix-8 tree with sizes (1 + i mod 4) MB."""
    python = need("python3-simgrid")
    n = 128 if case == "permutation" else 24
    src, dst = (np.arange(n), permutation(n)) if case == "permutation" else pairs(n)
    size = (1 + np.arange(len(src)) % 4) * 1e6
    shares = tree_paths(8, src, dst)
    capacity = np.full(shares.shape[0], 12.5e9)
    finish, _, _ = complete(problem(shares, capacity), size)
    path = [part.tolist() for part in np.split(shares.indices, shares.indptr[1:-1])]
    columns = {"capacity": capacity, "src": src, "dst": dst, "size": size}
    asked = json.dumps({key: value.tolist() for key, value in columns.items()} | {"path": path})
    answer = subprocess.run([python, str(PEER)], input=asked, capture_output=True, text=True, check=True, timeout=60)
    assert finish == pytest.approx(json.loads(answer.stdout)["finish"], rel=1e-9)


def mixed(k):
    n = k**3 // 4
    shares = tree_paths(k, np.arange(n), permutation(n))
    return problem(shares, np.full(shares.shape[0], 12.5e9)), (1 + np.arange(n) % 4) * 1e6


def pairs(n):
    src, dst = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    return src[src != dst], dst[src != dst]


def everyone(k, n):
    src, dst = pairs(n)
    return tree_paths(k, src, dst), np.full(len(src), 1e6)
