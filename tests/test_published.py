"""Counts in print, against closed forms and, where it takes no time, against builds."""

from __future__ import annotations

import pytest

from topo.generators import generate, size_of

#: Insights into DeepSeek-V3, ISCA 2025, Table 3: endpoints, switches, links between switches.
TABLE_3 = {
    "FT2": ("fat-tree-2", {"radix": 64}, (2_048, 96, 2_048)),
    "MPFT": ("fat-tree-2", {"radix": 64, "planes": 8}, (16_384, 768, 16_384)),
    "FT3": ("fat-tree-3", {"radix": 64}, (65_536, 5_120, 131_072)),
    "SF": ("slim-fly", {"q": 28, "p": 21}, (32_928, 1_568, 32_928)),
    "DF": ("dragonfly", {"a": 32, "p": 16, "h": 16, "g": 511}, (261_632, 16_352, 384_272)),
}

#: name -> (family, parameters, (endpoints, switches, switch links)), the source in the name.
COUNTS = {
    **{f"DeepSeek-V3 ISCA'25 table 3 {name}": row for name, row in TABLE_3.items()},
    "SlimFly SC'14 q=5 Hoffman-Singleton": ("slim-fly", {"q": 5}, (200, 50, 175)),
    "SlimFly SC'14 q=19": ("slim-fly", {"q": 19, "p": 15}, (10_830, 722, 10_469)),
    "facts.md canonical dragonfly g=513": ("dragonfly", {"a": 32}, (262_656, 16_416, 385_776)),
    "facts.md slim fly q=29 on 64 ports": ("slim-fly", {"q": 29, "p": 21}, (35_322, 1_682, 36_163)),
    "Al-Fares SIGCOMM'08 k=48": ("fat-tree-3", {"radix": 48}, (27_648, 2_880, 55_296)),
    "Kim ISCA'08 h=4": ("dragonfly", {"a": 8}, (1_056, 264, 1_452)),
    "DeepSeek-V3 ISCA'25 sec. 5.1 deployed": (
        "fat-tree-2",
        {"radix": 64, "planes": 8, "endpoints": 2048},
        (2_048, 96, 2_048),
    ),
}


@pytest.mark.parametrize(("family", "given", "counts"), COUNTS.values(), ids=COUNTS)
def test_closed_form_gives_the_published_counts(family, given, counts):
    size = size_of(family, **given)
    assert (size.endpoints, size.switches, size.switch_links) == counts
    assert size.endpoint_links == size.endpoints


@pytest.mark.parametrize("name", [name for name in COUNTS if size_of(*COUNTS[name][:1], **COUNTS[name][1]).buildable])
def test_build_gives_the_published_counts(name):
    family, given, counts = COUNTS[name]
    fabric = generate(family, capacity=50e9, **given)
    assert (fabric.n_endpoints, fabric.n_switches, fabric.size.switch_links) == counts


def test_the_slim_fly_of_table_3_is_a_formula():
    """28 is no prime power: the row can be counted, never built."""
    size = size_of("slim-fly", q=28, p=21)
    assert not size.buildable and size.radix <= 64
    assert size.neighbours == ("slim-fly:q=27,p=21", "slim-fly:q=29,p=21")


@pytest.mark.parametrize("name", TABLE_3)
def test_table_3_fits_switches_of_64_ports(name):
    family, given, _ = TABLE_3[name]
    assert size_of(family, **given).radix <= 64
