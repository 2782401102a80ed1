"""Kernels: the same bytes for any number of threads, a cache only where one can be written."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from tests.topo.routing.cases import random_demand, uniform
from topo import kernels
from topo.generators import generate
from topo.kernels.columns import shares_of_pairs
from topo.routing.split import ecmp


def test_blocks_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks cover the range in order, with threads and without."""
    for visits in (1.0, 1e9):
        blocks = list(kernels.in_blocks(lambda a, b: (a, b), 100, visits=visits))
        assert blocks[0][0] == 0 and blocks[-1][1] == 100
        assert all(b == c for (_, b), (c, _) in pairwise(blocks))
    assert list(kernels.in_blocks(lambda a, b: (a, b), 0, visits=1.0)) == []


def test_threads_do_not_change_a_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums are added up by block, so one thread and seven agree to the last bit."""
    monkeypatch.setattr(kernels, "THREADED_VISITS", 0)
    fabric = generate("dragonfly", capacity=1.0, a=4, p=2, h=2, g=5)
    demand = random_demand(fabric.n_endpoints, commodities=300)
    results = []
    for threads in (1, 7):
        monkeypatch.setattr(kernels, "n_threads", lambda threads=threads: threads)
        routing, rate = ecmp(fabric, demand), np.random.default_rng(0).uniform(size=300)
        results.append(
            [routing.load(rate), routing.sum_along(fabric.capacity + 0.1), ecmp(fabric, uniform(40)).load(rate[:1])]
        )
    assert all(np.array_equal(one, seven) for one, seven in zip(*results, strict=True))


def test_a_cache_is_stale_when_what_it_compiled_in_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """columns.py compiles toward() of sweep.py into itself, so both files stamp its cache."""
    stamp = kernels._stamp("columns")
    assert stamp[0] == "columns" and stamp[3] == kernels._stamp("sweep")
    compiled = shares_of_pairs.ready()  # type: ignore[attr-defined]
    assert compiled._cache._cache_file._source_stamp == stamp


def test_kernels_work_where_nothing_can_be_written() -> None:
    """Where neither the package nor HOME can be written, kernels compile in memory."""
    code = (
        "import numba.core.caching as c\n"
        "def refuse(self): raise OSError('read-only')\n"
        "c.InTreeCacheLocator.ensure_cache_path = c.UserWideCacheLocator.ensure_cache_path = refuse\n"
        "from topo.kernels.hashed import mix\n"
        "print(int(mix(1, 2)) > 0)"
    )
    env = os.environ | {"NUMBA_CACHE_DIR": ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr
