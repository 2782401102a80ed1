"""Problems written out by hand for the max-min kernels: no fabric, no routing, only links and shares."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csc_array

from topo.kernels.filling import Problem


def problem(shares: csc_array, capacity: np.ndarray) -> Problem:
    """Return the kernel's form of ``shares`` (L, F) and ``capacity`` (L,)."""
    by_commodity, by_link = shares.tocsc(), shares.tocsr()
    by_commodity.sort_indices()
    return Problem(
        by_link.indptr.astype(np.int64),
        by_link.indices.astype(np.int32),
        by_link.data.astype(np.float64),
        by_commodity.indptr.astype(np.int64),
        by_commodity.indices.astype(np.int32),
        by_commodity.data.astype(np.float64),
        np.array(capacity, dtype=np.float64),
    )


def permutation(n: int, seed: int = 1) -> np.ndarray:
    """Return the permutation of facts.md section 4: shuffled, fixed points swapped away."""
    p = list(range(n))
    random.Random(seed).shuffle(p)
    for i in range(n):
        if p[i] == i:
            j = (i + 1) % n
            p[i], p[j] = p[j], p[i]
    return np.array(p)


def tree_paths(k: int, src: np.ndarray, dst: np.ndarray) -> csc_array:
    """Return (L, F) shares of D-mod-k paths on the three-layer tree of radix ``k``, h = k / 2.

    Links in order: endpoint to leaf (N), leaf to spine (N), spine to core (N), and the same three downwards.
    """
    h = k // 2
    n = h * h * k
    spine, core = dst % h, (dst // h) % h
    src_leaf, dst_leaf, src_pod, dst_pod = src // h, dst // h, src // h**2, dst // h**2
    everywhere = np.ones(len(src), dtype=bool)
    hops = [
        (src, everywhere),
        (n + src_leaf * h + spine, src_leaf != dst_leaf),
        (2 * n + (src_pod * h + spine) * h + core, src_pod != dst_pod),
        (3 * n + (dst_pod * h + spine) * h + core, src_pod != dst_pod),
        (4 * n + dst_leaf * h + spine, src_leaf != dst_leaf),
        (5 * n + dst, everywhere),
    ]
    link = np.concatenate([links[taken] for links, taken in hops])
    commodity = np.concatenate([np.flatnonzero(taken) for _, taken in hops])
    return csc_array((np.ones(len(link)), (link, commodity)), shape=(6 * n, len(src)))


def problems(max_links: int = 30, max_commodities: int = 40) -> st.SearchStrategy[tuple[np.ndarray, ...]]:
    """Return random shares (L, F), capacities (L,) and sizes (F,); every commodity crosses a link."""
    return st.builds(
        _problem,
        st.integers(0, 2**32 - 1),
        st.integers(1, max_links),
        st.integers(1, max_commodities),
        st.sampled_from(["paths", "even", "any"]),
        st.sampled_from(["equal", "few", "any"]),
    )


def _problem(seed: int, n_links: int, n_commodities: int, split: str, spread: str) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    crosses = rng.random((n_links, n_commodities)) < rng.choice([0.05, 0.2, 0.5])
    crosses[rng.integers(0, n_links, n_commodities), np.arange(n_commodities)] = True
    share = {"paths": 1.0, "even": rng.choice([1 / 2, 1 / 3, 1 / 4], crosses.shape), "any": rng.random(crosses.shape)}
    scale = {
        "equal": np.ones,
        "few": lambda n: rng.integers(1, 5, n).astype(float),
        "any": lambda n: rng.uniform(0.1, 4.0, n),
    }[spread]
    return crosses * share[split], scale(n_links), scale(n_commodities)
