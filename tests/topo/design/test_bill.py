"""The bill of materials: what it counts and costs is what the network does, whoever its family; spares stand apart."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from scipy.stats import poisson

from tests.test_registries import FABRICS, HOST, fabric_of
from topo.config.prices import load
from topo.cost import Price, PriceBook, Run, bill, items
from topo.design.bill import KINDS, Spares, bill_of_materials, spares_usd
from topo.design.errors import DesignError
from topo.generators import FAMILIES
from topo.size import Medium, Tier
from topo.study.order import order
from topo.units import from_gbps

BY_MEDIUM = PriceBook(
    "by-medium",
    (
        Price("switch-64", 14_280.3, watts=500.0),
        Price("copper-cable", 72.1, reach_m=3),
        Price("copper-cable", 99.7, reach_m=5),
        Price("optical-cable", 603.33, reach_m=50),
        Price("transceiver", 41.07),
        Price("nic", 1_000.01),
    ),
)


@pytest.mark.parametrize("book", [BY_MEDIUM, load("street-2024-08")], ids=lambda book: book.name)
@pytest.mark.parametrize("name", FABRICS)
def test_lines_add_up_to_the_cost_exactly(name, book):
    """Whatever way cables are told apart, the parts and their sum are those of the network: to the last digit."""
    size = fabric_of(name).size
    runs = [
        Run(tier, medium, length, n)
        for tier, medium, count in size.cables
        for length, n in ((2.0, count // 3), (3.0, count - count // 3))
    ]
    whole = bill(size, book, capacity=from_gbps(400))
    rows = bill_of_materials(items(size, book, capacity=from_gbps(400)), Spares())
    assert _counted(rows) == Counter({part["part"]: part["count"] for part in whole["cost_parts"]})
    assert _sum(rows, "usd") == _sum(whole["cost_parts"], "usd")
    long = bill_of_materials(items(size, book, capacity=from_gbps(400), runs=runs), Spares(dict.fromkeys(KINDS, 1)))
    priced = bill(size, book, capacity=from_gbps(400), runs=runs)
    assert _sum(long, "usd") == _sum(priced["cost_parts"], "usd")
    assert sum(row["usd"] for row in long) == pytest.approx(priced["cost_usd"], rel=1e-15)
    assert spares_usd(long) == pytest.approx(sum(row["usd_each"] for row in long))


def _counted(rows):
    found = Counter()
    for row in rows:
        found[row["part"]] += row["count"]
    return found


def _sum(rows, key):
    return sum(Fraction(row["count"]) * Fraction(row[f"{key}_each"]) for row in rows)


def test_every_family_is_there():
    assert {name.split()[0] for name in FABRICS} == set(FAMILIES)


def test_a_cable_is_the_cheapest_that_reaches():
    size = fabric_of("fat-tree-2").size
    runs = [Run(Tier.ENDPOINT, Medium.COPPER, 3.0, 10), Run(Tier.ENDPOINT, Medium.COPPER, 4.0, 6)]
    rows = {
        row["length_m"]: row for row in bill_of_materials(items(size, BY_MEDIUM, capacity=1e9, runs=runs), Spares())
    }
    assert (rows[3.0]["usd_each"], rows[4.0]["usd_each"]) == (72.1, 99.7)


def test_a_length_that_nothing_reaches_leaves_the_sum_open():
    size = fabric_of("fat-tree-2").size
    priced = bill(size, BY_MEDIUM, capacity=1e9, runs=[Run(Tier.LEAF_SPINE, Medium.MULTIMODE, 63.0, 10)])
    assert priced["cost_usd"] is None
    assert priced["unpriced"] == [
        "price book by-medium at 8 Gb/s has no optical-cable that reaches 63 m; the longest reaches 50 m: "
        "add a longer one, or leave its reach_m empty where one price holds for every length"
    ]


def test_spares_by_share_and_count(read_part):
    found = order(read_part(cost="paper-table-3", spares="stock:switch=2,cable=1.5%")).results
    assert [(row["part"], row["count"], row["spares"]) for row in found["bill"]] == [
        ("switch-64", 12, 2),
        ("endpoint-cable", 32, 1),
        ("switch-cable", 32, 1),
    ]
    assert found["order_usd"] == found["cost_usd"] + found["spares_usd"]


def test_spares_by_rates_last_until_more_come(read_part):
    """The oracle is scipy's quantile of the same Poisson law, over all parts that one line is for."""
    rates = "states:failures={leaf: 9 per 1000 d,spine: 3 per 1000 d,port: 40 per 1000 d,cable: 1 per 1000 d},wait=30d"
    rows = order(read_part(cost="paper-table-3", availability=rates)).results["bill"]
    mean = {"switch-64": (8 * 9 + 4 * 3) * 0.03, "endpoint-cable": 32 * 40 * 0.03, "switch-cable": 32 * 0.03}
    assert {row["part"]: row["spares"] for row in rows} == {k: poisson.ppf(0.99, v) for k, v in mean.items()}
    stated = order(read_part(cost="paper-table-3", availability=rates, spares="stock:switch=0")).results["bill"]
    assert [row["spares"] for row in stated] == [0, *(row["spares"] for row in rows[1:])]


def test_without_a_book_there_are_counts(read_part):
    found = order(read_part()).results
    assert (found["cost_usd"], found["order_usd"]) == (None, None)
    assert (found["bill"][0]["part"], found["bill"][0]["count"]) == ("switch-8", 12)
    assert {row["note"] for row in found["bill"]} == {"no price book was named: --prices BOOK, or cost of a study"}


def test_what_spares_are_refused():
    with pytest.raises(DesignError, match="no kind of part; known: switch, nic, cable, transceiver"):
        Spares({"switsh": 1})
    with pytest.raises(DesignError, match="whole number, or a share"):
        Spares({"switch": 1.5})


@pytest.fixture
def read_part():
    from topo.config import read_part as read

    return lambda **sections: read(fabric=f"fat-tree-2:radix=8,endpoints=32,endpoints_per_host={HOST}", **sections)
