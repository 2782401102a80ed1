"""What a case makes its parts do, counted before it starts: links, arcs visited, commodities, shares, paths.

Those that stay in a scale-up domain, under a leaf or in a pod use few links (``topo.study.levels``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from topo.config.case import SECTIONS
from topo.config.nouns import Facts, facts_of, placed_of, size_of
from topo.config.patterns import PATTERNS, count_of
from topo.flow import POLICIES, SOLVERS, by_classes
from topo.flow.entries import Policy, Solver
from topo.generators import FAMILIES
from topo.routing.operator import MAX_ENTRIES
from topo.study.domains import parts, straddled
from topo.study.levels import FEW_LINKS, NEAR, Levels, is_tree
from traffic.demand import MAX_PAIRS
from traffic.pattern import Count, Pattern

if TYPE_CHECKING:
    from topo.config.case import Case
    from topo.size import Size

#: Shares that are held at once at most where pairs go by class: they are added up block by block.
BY_CLASS = MAX_ENTRIES // 4


@dataclass(frozen=True)
class Work:
    """A case in counts: who sends what to whom, and how that is routed and solved."""

    case: Case
    size: Size
    facts: Facts
    traffic: Count
    pattern: Pattern
    policy: Policy
    solver: Solver
    levels: Levels = field(repr=False)

    @classmethod
    def of(cls, case: Case) -> Work:
        """Return the work of ``case``; raises GeneratorError and DemandError for some that cannot be had."""
        size, facts = size_of(case), facts_of(case)
        where: dict[str, Any] = {"ranks_per_host": facts.per_host, "ranks_per_domain": facts.per_domain}
        traffic = case.traffic or {}
        count = count_of(traffic, size=size, **where, files=case.files, **placed_of(case))
        policy, solver = POLICIES[case.routing["policy"]], SOLVERS[case.solve["solver"]]
        pattern = PATTERNS[str(traffic["pattern"])]
        return cls(case, size, facts, count, pattern, policy, solver, Levels.of(count, size, facts))

    @property
    def links(self) -> int:
        """Directed links."""
        inside = self.size.endpoints if self.size.scale_up_switches else 0
        return 2 * (self.size.switch_links + self.size.endpoint_links + inside)

    @property
    def ports(self) -> int:
        """Planes that a commodity goes by."""
        return self.size.planes if self.facts.multi_port else 1

    @property
    def whole(self) -> bool:
        """Whether nothing is lost of a network that a family makes."""
        return self.made and not self.lossy

    @property
    def made(self) -> bool:
        """Whether the network is as a family makes it: not of a file, and not edited."""
        return self.case.fabric["family"] in FAMILIES and not self.edited

    @property
    def lossy(self) -> bool:
        """Whether parts are lost, so that the network is routed whole and without them."""
        return self.case.failures is not None

    @property
    def edited(self) -> bool:
        """Whether a section acts on the network once it is built."""
        return any(section.on_fabric and self.case.sections[key] for key, section in SECTIONS.items())

    @property
    def apart(self) -> bool:
        """Whether there may be endpoints that no path joins: on planes without a relay, of a file, or after an edit."""
        relays = self.facts.relay != "none" and self.size.scale_up_switches > 0
        return not self.made or (self.facts.planes > 1 and not self.facts.multi_port and not relays)

    @property
    def copied(self) -> bool:
        """Whether planes are built once."""
        return self.ports > 1 and self.made

    @property
    def destinations(self) -> int:
        """Sites that anything goes to, on all planes; with few endpoints not every leaf has one."""
        most = self.size.endpoints if self.traffic.receivers is None else self.traffic.receivers * self.ports
        return min(self.size.leaves, most)

    @property
    def grouped(self) -> bool:
        """Whether one commodity stands for many pairs."""
        return self.traffic.offered < self.traffic.pairs

    @property
    def alike(self) -> bool:
        """Whether most commodities are like many others: traffic that follows a rule, on a whole network."""
        leaves = max(self.size.leaves // self.ports, 1)
        whole = self.whole and not self.size.endpoints % leaves
        return self.pattern.ruled and (whole or (self._in_groups and self.closed and self.made))

    @property
    def _in_groups(self) -> bool:
        """Whether all stay in groups of neighbours, so that a loss or a gap tells few of them from the others."""
        near = sum(n for reach, n in self.traffic.apart.items() if reach.group or not reach.away)
        return 0 < self.traffic.pairs <= near

    @property
    def by_class(self) -> bool:
        """Whether pairs of a group are solved by class."""
        many = self.grouped and by_classes(self.traffic.pairs, self.case.routing["policy"])
        return many and self.solver.by_class is not None  # asked last, since it loads the solver

    @property
    def lists(self) -> bool:
        """Whether pairs are told apart, one by one."""
        each = self.solver.by_commodity or (self.policy.one_path and not self.policy.by_destination)
        return each and self.traffic.pairs <= MAX_PAIRS

    @cached_property
    def listed(self) -> int:
        """Commodities that are listed, or classes of pairs."""
        if self.by_class:
            from topo.flow.classed import MAX_APART

            return self._classes if self._classes <= MAX_APART else self.traffic.offered
        return self.traffic.pairs if self.lists else self.traffic.offered

    @property
    def held(self) -> int:
        """Commodities that a solver holds; pairs of a group that only walk drawn paths are none."""
        return self.traffic.offered if self.grouped and not self.solver.by_commodity else self.listed

    @property
    def _classes(self) -> int:
        """Classes of pairs at most, of a leaf as receiver and one as sender.

        Where leaves are alike and one kind of pair is sent, all receivers are one.  Ports of an endpoint are on as
        many leaves, which count as one.
        """
        leaves = min(self.size.leaves // self.ports, self.size.endpoints)
        if straddled(self.size, self.facts):  # parts of a domain under a leaf are told apart
            return int(leaves * parts(self.size.endpoints // leaves, self.facts.per_domain)) ** 2
        alike = self.traffic.offered == 1 and self.whole and not self.size.endpoints % leaves
        return leaves + self.facts.per_domain if alike else leaves**2

    @property
    def coloured(self) -> bool:
        """Whether commodities that are alike are looked for."""
        if not self.solver.timed or self.grouped or self.policy.one_path:
            return False
        from topo.flow.completion import WORTH_COLOURS

        return self.listed >= WORTH_COLOURS

    @property
    def by_colour(self) -> bool:
        """Whether they are found, so that the others need no shares."""
        return self.coloured and self.alike and not self.policy.solved

    @property
    def few_classes(self) -> bool:
        """Whether all classes of pairs are followed: where they are many, those that are alike count as one."""
        if not self.by_class:
            return False
        from topo.flow.classed import WORTH_COLOURS

        return self.listed <= WORTH_COLOURS

    @property
    def path_links(self) -> int:
        """Links of all paths of a policy of single paths that are held at once."""
        if not self.policy.one_path:
            return 0
        if self.by_place and not self.solver.by_commodity:  # told at once, and small beside the commodities
            return 0
        if not self.policy.by_destination:  # drawn paths that nobody follows are walked again, not held
            each_once = self.walked * self.levels.hops[3] + self.paths_near * NEAR  # counted before they are laid
            return self._path_links if self.solver.by_commodity and self.lists and each_once <= MAX_ENTRIES else 0
        return self._path_links

    @property
    def _path_links(self) -> int:
        if not self.policy.by_destination:
            return int(self.listed * self.levels.mean(self._path_links_of_one, 1))
        from topo.routing.merged import BLOCK_PATHS

        held = min(self.merged, BLOCK_PATHS) if self.merged else self.listed
        return int(held * self._hops)

    @property
    def merged(self) -> int:
        """Paths by destination, from a site to an endpoint, that pairs of a group are added up on."""
        together = self.policy.by_destination and self.grouped and self.listed == self.traffic.offered
        return self.size.endpoints * self.destinations if together else 0

    @property
    def _path_links_of_one(self) -> list[float]:
        """Links of the drawn paths of a commodity, by level; paths that are equal count once, as do sprayed links."""
        levels, drawn = self.levels, paths(self.case)
        if self.policy.sprays:
            return [self.ports * links for links in levels.used(-(-drawn // self.ports))]
        return [min(drawn, ways) * hops for ways, hops in zip(levels.ways, levels.hops, strict=True)]

    @property
    def _hops(self) -> float:
        """Mean links of a path; one by destination goes to every port, any other to one."""
        return self.levels.mean(self.levels.hops, self.ports if self.policy.by_destination else 1)

    @property
    def walked(self) -> int:
        """Drawn paths between leaves."""
        drawn = self.policy.one_path and not self.policy.by_destination
        return int(self.listed * self.levels.crossing) * paths(self.case) if drawn else 0

    @property
    def walkers(self) -> int:
        """Commodities that walk drawn paths: those that leave their domain."""
        drawn = self.policy.one_path and not self.policy.by_destination
        return int(self.listed * (1 - self.levels.inside)) if drawn else 0

    @property
    def paths_near(self) -> int:
        """Drawn paths that stay under a leaf."""
        return self.walkers * paths(self.case) - self.walked

    @cached_property
    def shares(self) -> int:
        """Shares of commodities on links that a solver keeps at once."""
        if self.policy.one_path:
            return self.path_links if self.path_links <= MAX_ENTRIES and self.solver.by_commodity and self.lists else 0
        by_colour = self.by_colour or not (self.lists or self.by_class)
        if not self.solver.by_commodity or by_colour or self.bracketed:
            return 0
        all_of_them = self._all_shares
        if self.on_few_links:
            return min(all_of_them, FEW_LINKS * self.listed)
        if self.by_class:
            return min(all_of_them, BY_CLASS) if self.few_classes else 0
        if all_of_them > MAX_ENTRIES:  # a rule may keep most of it on few links
            return 0 if self.pattern.drawn else MAX_ENTRIES
        return all_of_them

    @property
    def on_few_links(self) -> bool:
        """Whether shares are listed on one link of each kind: where every switch of a tree splits by itself."""
        from topo.flow.same_links import WORTH

        one_by_one = self.solver.by_commodity and self.lists and not self.by_class
        return one_by_one and self.closed and not self.policy.turns and self.listed >= WORTH

    @property
    def bracketed(self) -> bool:
        """Whether shares by turns at third switches are too many to keep, so that times are said to lie between two."""
        if not self.policy.turns or not self.solver.by_commodity:
            return False
        stops = self.size.leaves // self.ports
        return max(stops**2, self.listed) * self.ports * self.arcs > MAX_ENTRIES

    @property
    def counted(self) -> int:
        """Shares that are counted, found to be too many to keep, and let go."""
        one_by_one = self.solver.by_commodity and self.lists and not (self.policy.one_path or self.policy.solved)
        asked = one_by_one and not self.by_colour and not self.policy.turns and not self.on_few_links
        return self._all_shares if asked and self._all_shares > MAX_ENTRIES else 0

    @property
    def gathered(self) -> int:
        """Shares of classes that are added up and let go."""
        return self._all_shares if self.few_classes else 0

    @property
    def _all_shares(self) -> int:
        if self.policy.turns:  # which go by nearly all links
            return self.listed * self.ports * self.arcs
        return int(self.listed * self.levels.mean(self.levels.width, self.ports))

    @property
    def stop_pairs(self) -> int:
        """Pairs of switches on a plane, of all planes, between which a policy may turn at a third."""
        return self.size.leaves**2 // max(self.size.planes, 1)

    @property
    def arcs(self) -> int:
        """Arcs of a plane."""
        return 2 * self.size.switch_links // max(self.size.planes, 1)

    @property
    def closed(self) -> bool:
        """Whether loads have a closed form: of trees, by shortest paths that share one split, or by turns."""
        return self.is_tree and not self.policy.one_path and not self.policy.solved

    @property
    def by_place(self) -> bool:
        """Whether single paths follow from where their ends lie: D-mod-k of pairs that are listed, on a whole tree."""
        tables = self.case.routing.get("tables")
        return self.policy.by_destination and tables is None and self.is_tree and self.whole and not self.grouped

    @property
    def plain(self) -> bool:
        """Whether no compiled kernel is needed: closed forms, where nobody looks at single commodities.

        They hold with some cables lost, too; where too many are, kernels are loaded and arcs swept all the same.
        Commodities of single paths, as large as each other, end in few rounds, which need none either.
        """
        in_rounds = self.by_place and self.solver.timed and (self.pattern.ruled or self.pattern.drawn)
        return in_rounds or ((self.closed or self.by_place) and not self.solver.by_commodity)

    @property
    def in_one_pass(self) -> bool:
        """Whether pairs of groups are added up and not told apart, or by few classes."""
        return self.grouped and not self.lists and (not self.by_class or self.few_classes)

    @property
    def site_pairs(self) -> int:
        """Pairs of sites that a policy is solved for."""
        most = self.destinations * self.size.leaves // max(self.size.planes, 1)
        return min(int(self.traffic.pairs * self.levels.crossing), most) if self.policy.solved else 0

    @property
    def kept(self) -> int:
        """Next hops of tables that are kept after a failure, of all pairs of sites: those of both up and down."""
        pairs = min(self.traffic.pairs, self.destinations * self.size.leaves // max(self.size.planes, 1))
        return int(pairs * self.levels.mean(self.levels.width, self.ports))

    @property
    def is_tree(self) -> bool:
        """Whether switches of a layer are joined by the layers above alone."""
        return is_tree(self.size)


def paths(case: Case) -> int:
    """Return the paths of a commodity."""
    return int(case.routing.get("qps") or case.routing.get("paths") or 1)
