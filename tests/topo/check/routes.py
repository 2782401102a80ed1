"""Every route of a policy, one by one, by networkx: the oracle of channels and of their cycles."""

from __future__ import annotations

from itertools import pairwise, product

import networkx as nx
import numpy as np

from topo.check.channels import classes
from topo.fabric import Groups


def switch_graph(fabric):
    """Return the switches, an edge for the parallel links of least weight."""
    graph = nx.DiGraph()
    for link in np.flatnonzero(fabric.is_switch_link).tolist():
        a, b, weight = (int(column[link]) for column in (fabric.tail, fabric.head, fabric.weight))
        if weight < graph.get_edge_data(a, b, {"weight": weight + 1})["weight"]:
            graph.add_edge(a, b, weight=weight, link=link)
    return graph


def leaves_of(fabric):
    return sorted({int(fabric.head[fabric.first[e]]) for e in range(fabric.n_endpoints)})


def shortest(graph, leaves):
    """Return (source, destination) -> shortest routes, each a tuple of switches."""
    pairs = [(s, d) for s, d in product(leaves, leaves) if s != d and nx.has_path(graph, s, d)]
    return {(s, d): [tuple(way) for way in nx.all_shortest_paths(graph, s, d, "weight")] for s, d in pairs}


def turning(fabric, graph, leaves):
    """Return (source, turn, destination) -> routes through a turn; on a Dragonfly it lies in a third group."""
    legs, group = shortest(graph, leaves), fabric.group
    third = fabric.groups == Groups.DRAGONFLY
    found = {}
    for s, w, d in product(leaves, repeat=3):
        if s == d or (third and group[w] in (group[s], group[d])):
            continue
        sides = [legs.get(pair, [(w,)] if pair[0] == pair[1] else []) for pair in ((s, w), (w, d))]
        found[s, w, d] = [a + b[1:] for a, b in product(*sides)]
    return found


def dependencies(ways):
    """Return the pairs of channels, each two switches, that some route goes by one after the other."""
    return {pair for way in ways for pair in pairwise(pairwise(way))}


def climbs(fabric, graph, ways):
    """Return the lanes of the route that climbs most."""
    of = classes(fabric)
    rows = [[of[graph.edges[hop]["link"]] for hop in pairwise(way)] for way in ways]
    return max(1 + sum(b <= a for a, b in pairwise(row)) for row in rows)


def girth(edges):
    """Return the length of the shortest cycle of a directed graph; 0 without one."""
    graph = nx.DiGraph(list(edges))
    short = dict(nx.all_pairs_shortest_path_length(graph))
    return min((1 + short[b][a] for a, b in graph.edges if a in short[b]), default=0)


def fewest_lanes(units):
    """Return the least number of lanes for ``units``, each the set of its dependencies, by trying every deal."""
    largest = [one for one in units if not any(one < other for other in units)]
    return next(k for k in range(1, len(largest) + 1) if deals(sorted(set(map(frozenset, largest)), key=sorted), k))


def deals(units, k):
    """Return whether ``units`` can be dealt over ``k`` lanes without a cycle."""

    def deal(i, lanes):
        if i == len(units):
            return True
        for n in range(min(len(lanes) + 1, k)):
            more = lanes[n] | units[i] if n < len(lanes) else units[i]
            free = nx.is_directed_acyclic_graph(nx.DiGraph(list(more)))
            if free and deal(i + 1, [*lanes[:n], more, *lanes[n + 1 :]]):
                return True
        return False

    return deal(0, [])
