"""What counts alone tell of a loss, before its network is built: whether there are parts enough, and few to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from topo.failures.parts import CABLES, LossError, check_part, check_some
from topo.size import Groups, Size

#: Losses that the search for the worst tries at most.
MOST_TRIED = 5_000


def parts_in(size: Size, part: str, tier: str | None = None) -> int | None:
    """Return how many parts of kind ``part`` a network has; None where its parts list does not say.

    Raises LossError for a tier that the part does not have, or where there is none of it.
    """
    check_part(part, tier)
    count = _count(size, part, tier)
    if count is not None:
        check_some(count, size.name, part, tier)
    return count


def _count(size: Size, part: str, tier: str | None) -> int | None:
    if part == "cable":
        return size.switch_links if tier is None else sum(n for one, _, n in size.cables if one == CABLES[tier])
    if part in ("leaf", "spine", "core") or (part == "switch" and tier is not None):
        layers = {"leaf": size.leaves, "spine": 0, "core": 0} if size.leaves == size.switches else size.layers
        known = {"leaf", "spine"} <= layers.keys()
        return layers.get(tier or part, 0) if known else None
    groups = size.group_count if size.groups != Groups.NONE else 0
    counts = {"switch": size.switches, "host": size.hosts, "nic": size.endpoints, "port": size.endpoint_links}
    return (counts | {"plane": size.planes, "group": groups}).get(part)


def check_wanted(wanted: int, count: int, part: str) -> None:
    """Raise LossError where more parts are to fail than there are."""
    if wanted > count:
        raise LossError(f"count: {wanted} of {count} {part}s cannot fail")


def check_tried(n: int, part: str) -> None:
    """Raise LossError where ``n`` losses are too many to try."""
    if n > MOST_TRIED:
        raise LossError(
            f"part: {n:,} losses of {part}s are too many to try (at most {MOST_TRIED:,}); "
            "name a tier, let more fail together, or draw at random"
        )


def named_parts(given: Mapping[str, object]) -> list[str]:
    """Return the parts that are ``given`` by kind, in words.  Raises LossError where there are none."""
    said = [f"{word} {one}" for word, some in given.items() for one in (some if isinstance(some, list) else [some])]
    if not said:
        raise LossError("named: nothing is given; name a switch, a cable, a nic, a host or a plane")
    return said


def named(size: Size, *, alike: bool = False, **given: Any) -> bool:
    """Return whether counts tell that the parts given by name are there: they do not."""
    named_parts(given)
    return False


def random(
    size: Size,
    *,
    part: str = "cable",
    tier: str | None = None,
    count: int = 1,
    share: float | None = None,
    together: int = 1,
    alike: bool = False,
    seed: int = 0,
) -> bool:
    """Return whether counts tell that there are parts enough to fail.  Raises LossError where there are too few."""
    there = parts_in(size, part, tier)
    if there is not None and share is None:
        check_wanted(count, -(-there // together), part)
    return there is not None


def worst(
    size: Size, *, part: str = "cable", tier: str | None = None, count: int = 1, together: int = 1, alike: bool = False
) -> bool:
    """Return whether counts tell that losses can be tried one by one; with ``alike``, symmetry may make few of many.

    Raises LossError where there are too few parts, or too many losses.
    """
    there = parts_in(size, part, tier)
    if there is None:
        return False
    n = -(-there // together)
    check_wanted(count, n, part)
    losses = n if count == 1 else n * (n - 1) // 2
    if not alike:
        check_tried(losses, part)
    return losses <= MOST_TRIED
