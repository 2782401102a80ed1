"""Rates behind estimates: what one of each thing takes, on the machine of ``topo.study.speed``.

Memory is growth of the resident set, time that of one core, kernels compiled.  None of them is fitted to a case: each
is what one more link, arc, commodity or share adds, by the command beside it.
"""

from __future__ import annotations

#: [s] of a process from its start to its first figure, where nothing is compiled, and where kernels are loaded:
#: ``python -m benchmarks.estimates --start``.
PLAIN_START, START = 0.35, 0.77
#: [bytes] of the same processes: ``python -m benchmarks.estimates --start``.
PLAIN, PROCESS = 56 * 2**20, 171 * 2**20

# Fabrics: topo analyze slim-fly:q=43 uniform, fat-tree-3:radix=80 uniform and fat-tree-2:radix=512 uniform;
# fat-tree-2:radix=512,planes=8,nic=multi-port uniform for copies.
#: [bytes] a directed link, tables and results included; where planes are copies of one; more where links that are
#: alike are looked for.
LINK, COPY_LINK, ALIKE_LINK = 165, 140, 50
#: [s] a directed link built and measured, and where planes are copies of one; more where links that are alike are told
#: by symmetry, or by what they carry.
LINK_TIME, COPY_TIME, LINK_CLASS_TIME, LINK_COLOUR_TIME = 7e-7, 3e-7, 2e-6, 3e-7
#: [bytes] and [s] more a directed link where parts are lost, so that whole and rest are held, routed and solved:
#: ``topo analyze fat-tree-3:radix=64 uniform`` and ``fat-tree-2:radix=256 permutation``, with and without
#: ``--failures random``: 260 and 110 bytes, 1.8 and 0.8 us.
LOST_LINK, LOST_TIME = 200, 1.2e-6
#: [s] a pair of switches while distances and cuts are worked out, and where that stops growing; none of trees.
SWITCH_PAIR_TIME, MOST_SWITCH_PAIRS = 4e-8, 4_000_000
#: [s] and [bytes] a pair of switches of a plane that are matched by how far they are: ``topo analyze slim-fly:q=43
#: adversarial`` and ``fat-tree-3:radix=48 adversarial``; of the library that matches them.
MATCH_TIME, MATCH, MATCHER_TIME, MATCHER = 3.3e-7, 16, 0.3, 30 * 2**20

# Sweeps: python -m benchmarks.kernels.
#: [s] a switch on the way to one destination, in one pass, for each link of the longest way between two: 0.6e-8 to
#: 1.5e-8 on Slim Flies of 11 to 43 and Dragonflies of 8 to 20, however many arcs there are.
VISIT = 9e-9
#: [s] an arc on the way to one destination of a tree, whose spines have many; of all pairs of a group.
TREE_VISIT, GROUP_VISIT = 4e-9, 1e-9
#: [s] a share that is counted and not kept: ``topo analyze fat-tree-3:radix=64 permutation --solver max-min``, while
#: every link of a tree was listed.
COUNTED = 1.1e-8
#: [s] an arc on the way to one destination, while paths by destination are told, and for tables of next hops.
TOLD, TABLE = 5e-10, 6e-9
#: Passes in which shares are listed: 1.5e-9 to 4e-9 s an arc and destination on Slim Flies and Dragonflies, 6e-9 to
#: 1.4e-8 on trees, of permutations.
LISTING, TREE_LISTING = 4, 2
#: [s] a pair of switches in one pass of a policy that turns at a third: 0.8e-7 to 1.9e-7 on all families,
#: ``topo analyze slim-fly:q=19`` and ``fat-tree-3:radix=48``, ``permutation --routing valiant``.
STOPS_TIME = 1.3e-7
#: Passes a phase where commodities are too many to follow and times are said to lie between two.
BETWEEN = 5
#: [bytes] a pair of switches of such a policy, and where that stops growing.
TURN_PAIR, MOST_TURN_PAIRS = 32, 4_000_000
#: Passes by which rounds tell commodities that are alike, and rounds until none splits any more: 4 to 17 were seen, and
#: 3 by turns, which meet nearly all links at once.
PASSES, ROUNDS, TURN_ROUNDS = 2, 6, 3
#: [s] a directed link in one pass over a tree, which is added up by classes of leaves: a phase of
#: ``topo analyze fat-tree-2:radix=512 allreduce:algorithm=halving-doubling``.
TREE_LINK = 1e-7

#: [s] a link in one of the maximum flows that bound a collective of all ranks: ``topo analyze fat-tree-3:radix=32
#: all-gather``, with and without ``group_size=64``.
CUT = 4.5e-8

# Commodities: topo analyze fat-tree-2:radix=128 decode-step --solver completion.
#: [bytes] a listed commodity; 28 stay, the rest is for sorting, sites, rates and times.
COMMODITY = 240
#: [s] a listed commodity; one whose rate nobody asks for: ``topo analyze fat-tree-3:radix=64 training-step``.
COMMODITY_TIME, SENT_TIME = 1.2e-6, 4e-7
#: [bytes] a share of one commodity on one link, and what a solver copies of those of one phase; a link of a path that
#: none follows.
SHARE, SOLVED_SHARE, PATH_LINK = 30, 80, 45
#: [s] a share filled; a share of a class that is routed and added to those of its links; a share filled in rounds,
#: without a kernel: 3e-7 of fat-tree-3:radix=32 training-step, 2.3e-6 of fat-tree-3:radix=64 permutation, both by
#: ``--routing static --solver completion``.
SHARE_TIME, GATHER_TIME, ROUND_TIME = 2e-7, 1e-7, 1e-6
#: [s] more a share where it is filled anew at each end, and once more for who ends when if links send one at a time.
REFILL_TIME = 5e-7
#: [s] and [bytes] a path by destination of pairs that are not listed, from a site to an endpoint; [bytes] a link of
#: those that are walked at once: ``topo analyze fat-tree-2:radix=256 uniform --routing static``.
MERGED_TIME, MERGED, MERGED_LINK = 3.5e-7, 32, 20
#: [bytes] a drawn path, and what leads to it of the pair that draws it.
WALKED, WALKED_PAIR = 1, 100
#: [s] in one pass a pair that walks, each of its paths, and of those each that stays under a leaf: ``topo analyze
#: fat-tree-3:radix=48 decode-step --routing ecmp-hash``, ``fat-tree-2:radix=512,planes=8,nic=multi-port
#: moe-all-to-all --routing spray``.
WALKER_TIME, WALK_TIME, WALK_NEAR_TIME = 2.5e-7, 5e-8, 7e-9
#: Rounds after which drawn paths are known not to be alike.
DRAWN_ROUNDS = 2
#: [bytes] a number of a gate's sample, with keys, copies and limits; 204 MiB at 512 and at 65,536 experts.  What stays.
DRAWN, KEPT = 25, 12

# Solved policies: topo analyze dragonfly:a=8,p=4,h=4 permutation --routing ugal.
#: [bytes] a pair of sites: its paths and their weights; where symmetry makes few of them.
SITE_PAIR, SITE_PAIR_ALIKE = 2_000, 300
#: [s] a search, and of it a pair of sites where many are alike, where paths are the shortest, where they are any, and
#: where each is a mix of two splits; up to the policy's own time limit.
SEARCH, ALIKE_TIME, SHORTEST_TIME, ANY_TIME, MIX_TIME = 0.4, 4e-6, 5e-5, 1e-3, 15e-3
#: [s] of a tree, whose equal splits are hard to better: a pair of leaves, and where symmetry makes few of them.
TREE_TIME, TREE_ALIKE_TIME = 5e-5, 8e-7
#: [bytes] of the library of linear programmes.
PROGRAMMES = 40 * 2**20
