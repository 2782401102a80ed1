"""Random cases of a study, drawn over every entry that the JSON Schema of study files offers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from random import Random
from typing import Any

#: Sections of every case that is drawn; of the others it has one or none.
_ALWAYS = ("fabric", "traffic", "routing", "solve")
_JOBS = [{"hosts": 1, "pattern": "uniform"}, {"hosts": 1, "pattern": "allreduce", "start": "1us"}]
#: What is drawn for a key; a required key that is not here leaves its entry out (a file's path).
_VALUES: dict[str, list[Any]] = {
    "radix": [4, 6, 8, 12, 16], "q": [3, 4, 5], "a": [2, 4], "planes": [1, 1, 2, 4], "endpoints_per_host": [1, 2, 4, 8],
    "endpoints": [None, None, 16, 24, 32], "oversubscription": [1.0, 1.0, 2.0, 3.0], "nic_rate": [None, "200Gb/s"],
    "scale_up": ["200GB/s", "200GB/s", "none"], "hardware": ["none", "infiniband"], "bytes": ["64KiB", 1048576, 1e6],
    "by": [1, 2, 5], "hot": [1, 3], "factor": [2.0, 8.0], "fan_in": [None, 5], "ep": [None, 4, 8, 16],
    "tokens": [64, 512], "qps": [1, 4], "seed": [0, 1, 7], "channels": [None, 1, 2], "group_size": [None, 4, 8],
    "dedup": [True, False], "redundant_experts": [0, 32], "tp": [1, 2], "pp": [1, 2], "micro_batches": [4],
    "compute_s": [0.0, 0.01], "node_limit": [None, 2, 4], "jobs": [_JOBS],
}  # fmt: skip


def draw(
    schema: dict[str, Any], n: int, seed: int, more: Mapping[str, list[Any]] | None = None
) -> list[dict[str, Any]]:
    """Return ``n`` cases over all entries of all sections that the JSON Schema of study files offers.

    ``more`` has further values, of a key of all entries or of one: ``count``, ``random.count``.
    """
    random, offered, values = Random(seed), defaultdict(list), _VALUES | dict(more or {})
    for name, entry in schema["$defs"].items():
        section, _, word = name.partition(":")
        needs = {k for k, v in entry["properties"].items() if "default" not in v and k not in ("name", "match")}
        if word and needs <= set(values):
            offered[section].append((word, entry["properties"], needs))
    cases = []
    for number in range(n):
        case: dict[str, Any] = {"name": f"random {number}", "seed": number}
        beside = random.choice([None, None, *sorted(set(offered) - set(_ALWAYS))])  # one at most: some exclude others
        for section, entries in offered.items():
            if section not in (*_ALWAYS, beside):
                continue
            word, keys, needs = random.choice(entries)
            head = next(k for k, v in keys.items() if v.get("const") == word)
            often = 0.5 if section == "fabric" else 0.25
            own = {key: random.choice(values.get(f"{word}.{key}") or values[key]) for key in sorted(needs)}
            for key in sorted(set(keys) - needs - {head}):
                choices = values.get(f"{word}.{key}") or values.get(key) or keys[key].get("enum")
                if choices and random.random() < often:
                    own[key] = random.choice(choices)
            case[section] = {head: word, **own}
        cases.append(case)
    return cases
