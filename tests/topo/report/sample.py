"""A study folder as `topo study` writes one, made up but of realistic numbers: what the report is tested on."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from topo.config.case import SCHEMA_VERSION
from topo.cost import TABLE_3, Price, PriceBook, bill
from topo.generators import generate, size_of
from topo.units import from_gbps

PRICES = PriceBook(
    "paper-table-3",
    tuple(
        Price(part, usd, 400.0, source="calibrated to the costs of Table 3 of arXiv 2505.09343", date="2025-05")
        for part, usd in (("switch-64", 50_000.0), ("endpoint-cable", 516.0), ("switch-cable", 1_535.0))
    ),
)
FULL = {
    "FT2": {"family": "fat-tree-2", "radix": 64},
    "MPFT": {"family": "fat-tree-2", "radix": 64, "planes": 8},
    "FT3": {"family": "fat-tree-3", "radix": 64},
    "SF": {"family": "slim-fly", "q": 28, "p": 21},
    "DF": {"family": "dragonfly", "a": 32, "p": 16, "h": 16, "g": 511},
}
SMALL = {
    "MPFT": {"family": "fat-tree-2", "radix": 64, "planes": 8, "endpoints": 2048},
    "MRFT": {"family": "fat-tree-2", "radix": 64, "endpoints": 2048, "wiring": "rail"},
    "FT3": {"family": "fat-tree-3", "radix": 64, "endpoints": 2048},
    "SF": {"family": "slim-fly", "q": 11, "p": 9},
    "DF": {"family": "dragonfly", "a": 8, "p": 4, "h": 4, "g": 33},
}
PHYSICAL = {"rate": "400Gb/s", "endpoints_per_host": 8, "scale_up": "200GB/s"}
TRAFFIC: dict[str, dict[str, Any]] = {
    "EP64 dispatch": {"pattern": "moe-all-to-all", "model": "deepseek-v3", "ep": 64, "node_limit": 4, "tokens": 4096},
    "uniform all-to-all": {"pattern": "all-to-all", "bytes": "1MiB"},
    "permutation": {"pattern": "permutation", "bytes": "1MiB", "seed": 0},
    "ring allreduce": {"pattern": "allreduce", "algorithm": "ring", "bytes": "1MiB"},
}
HOSTS = {1: 1.0, 2: 1.998, 3: 2.99, 4: 3.965, 5: 4.77, 6: 5.21, 7: 5.29, 8: 5.295}


def write_study(folder: Path, *, small: bool = False, extra: tuple[dict[str, Any], ...] = ()) -> Path:
    """Write a study into ``folder``: two networks and traffics where ``small``, else "
    "else five by four."""
    networks = list(SMALL)[:2] if small else list(SMALL)
    traffics = list(TRAFFIC)[:2] if small else list(TRAFFIC)
    rows = [_full(name) for name in FULL]
    rows += [
        _loaded(folder, n, t, p)
        for n in networks
        for t in traffics
        for p in ("ecmp", "static")
        if p == "ecmp" or "T" in n
    ]
    rows += [_loaded(folder, "MPFT", "EP64 dispatch", "ecmp", node_limit=m) for m in HOSTS if m != 4]
    rows += [_failed("SF", "permutation", "static", "refused", "static needs a tree; slim-fly is none. Use ecmp")]
    rows += list(extra)
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "records.jsonl").write_text(text, encoding="utf-8")
    run = {"command": "topo study deepseek-v3 -o reports/deepseek-v3", "started": "2026-11-23T22:00:00Z"}
    run |= {"seconds": 31.4, "versions": {"planewise": "0.1.0", "python": "3.11.2", "numpy": "2.4.6"}}
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    study = "schema: 1\ntitle: Which network for DeepSeek-V3?\n"
    (folder / "study.yaml").write_text(study, encoding="utf-8")
    return folder


def record(
    name: str, labels: dict[str, str], parts: dict[str, Any], results: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Return one record in the stored layout."""
    case = {"name": name, "labels": labels} | parts
    digest = hashlib.sha256(json.dumps(case, sort_keys=True).encode()).hexdigest()
    base = {"schema_version": SCHEMA_VERSION, "case": case, "hash": digest, "status": "ok", "error": None}
    return base | {"results": results, "assumptions": ["Links are loaded evenly over time: rates are steady."]} | more


def _full(name: str) -> dict[str, Any]:
    size = size_of(**FULL[name])
    results = {
        "endpoints": size.endpoints,
        "switches": size.switches,
        "switch_links": size.switch_links,
        "planes": size.planes,
    }
    results |= bill(size, PRICES, capacity=from_gbps(400)) | {"buildable": size.buildable, "reason": size.reason}
    assert any(row.size.endpoints == size.endpoints for row in TABLE_3)
    return record(
        f"full {name}", {"network": name}, {"fabric": FULL[name], "cost": {"prices": "paper-table-3"}}, results
    )


def _failed(network: str, traffic: str, policy: str, status: str, error: str) -> dict[str, Any]:
    parts = {"fabric": SMALL[network] | PHYSICAL, "traffic": TRAFFIC[traffic], "routing": {"policy": policy}}
    return record(
        f"{network} {traffic}", {"network": network, "traffic": traffic}, parts, {}, status=status, error=error
    )


def _loaded(folder: Path, network: str, traffic: str, policy: str, node_limit: int = 4) -> dict[str, Any]:
    """One network under one traffic: its links from a real fabric, their loads drawn around a mean a tier."""
    fabric = generate(capacity=50e9, scale_up=200e9, **SMALL[network])
    size = fabric.size
    rng = np.random.default_rng(abs(hash_of(network, traffic, policy)) % 2**32)
    tiers = np.array(["scale-up", "endpoint", "leaf-spine", "spine-core", "local", "global"])[fabric.tier]
    mean = {"scale-up": 0.62, "endpoint": 0.97, "leaf-spine": 0.7, "spine-core": 0.66, "local": 0.55, "global": 0.9}
    spread = 0.0 if policy == "ecmp" and network in ("MPFT", "MRFT", "FT3") and traffic != "ring allreduce" else 0.25
    if network in ("SF", "DF"):
        spread = 0.3 if traffic == "permutation" else 0.12
    load = np.array([mean[t] for t in tiers]) * (1 + spread * rng.standard_normal(fabric.n_links)).clip(0)
    switch = fabric.is_switch_link
    theta = min(1.0, 1.0 / load[switch].max())
    by_tier = {
        str(t): {"links": int((tiers == t).sum()), "max": float(load[tiers == t].max())}
        | {"mean": float(load[tiers == t].mean()), "p99": float(np.percentile(load[tiers == t], 99))}
        for t in np.unique(tiers)
    }
    hosts = HOSTS[node_limit]
    results = {
        "endpoints": size.endpoints,
        "switches": size.switches,
        "switch_links": size.switch_links,
        "planes": size.planes,
        "normalized_throughput": theta,
        "switch_throughput": float(1 / load[switch].max()),
        "theta": theta * 100,
        "max_utilization": float(load[switch].max()),
        "mean_utilization": float(load[switch].mean()),
        "bottleneck_tier": str(tiers[switch][load[switch].argmax()]),
        "links_by_tier": by_tier,
        "completion_s": 1.21e-3 * hosts / 4 / theta,
        "fairness": 0.99,
        "gap": 0.0,
        "bound": theta * 100,
        "method": "closed form",
        "conservation_residual": 3e-13,
        "bisection_per_endpoint": 1.0,
        "bisection_method": "closed form",
        "diameter": 4,
        "mean_hops": 3.87,
    }
    parts = {"fabric": SMALL[network] | PHYSICAL}
    parts |= {"traffic": TRAFFIC[traffic], "routing": {"policy": policy}, "solve": {"solver": "proportional"}}
    labels = {"network": network, "traffic": traffic, "routing.policy": policy}
    if TRAFFIC[traffic]["pattern"].startswith("moe"):
        parts["traffic"] = TRAFFIC[traffic] | {"node_limit": node_limit}
        labels["traffic"] += "" if node_limit == 4 else f" M={node_limit}"
        results |= {
            "hosts_per_token": hosts,
            "hosts_per_token_unlimited": 5.295,
            "remote_copies": hosts * 0.875,
            "endpoints_per_token": 7.676,
            "gain_worst_case": 8 / node_limit,
            "gain_expected": 5.295 / hosts,
            "bound_by": "network" if node_limit > 2 else "scale-up",
            "dedup_step_s": 3e-4 * hosts,
            "step_s": 2.4e-3,
        }
    row = record(f"{network} {traffic} {policy}", labels, parts, results | bill(size, PRICES, capacity=50e9))
    path = folder / "cases" / row["hash"]
    path.mkdir(parents=True, exist_ok=True)
    columns = {"tail": fabric.tail, "head": fabric.head, "tier": tiers, "plane": fabric.plane[fabric.tail]}
    columns |= {
        "capacity": fabric.capacity,
        "load": load * fabric.capacity,
        "utilization": load,
        "peak_utilization": load,
    }
    stamped = pa.table(columns).replace_schema_metadata({"planewise.case": row["hash"]})
    parquet.write_table(stamped, path / "links.parquet")
    return row


def drawings(html: str, id: str) -> list[dict[str, Any]]:
    """Return what a page draws as figure ``id``, a drawing for each of its variants."""
    stored = re.search(rf'id="{id}-data">([^<]*)<', html)
    assert stored, f"the page has no figure {id}"
    return json.loads(gzip.decompress(base64.b64decode(stored[1])))


def hash_of(*names: str) -> int:
    """Return a number that these names always give: Python's own hash changes from run to run."""
    return int(hashlib.sha256("/".join(names).encode()).hexdigest()[:12], 16)
