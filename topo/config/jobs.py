"""Where the jobs of a study run: hosts by number, by name, or as a placement hands them out; and queues in files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.config.data import Files
from topo.config.document import Document, TooLarge, parse, parse_scalar
from topo.config.errors import ConfigError, Problem
from topo.config.placing import ORDERS, handed_out
from topo.formats.errors import FormatError
from topo.formats.hostlist import expand
from traffic.demand import DemandError
from traffic.jobs import joined_ranks, on_hosts
from traffic.layout import hosts_and_domains

Ints = NDArray[np.int64]
#: Keys of pattern ``jobs`` that stand for a list of jobs.
QUEUE, EACH = "queue", "each"
#: Columns that every queue has.
COLUMNS = ("job", "hosts")


def placed_jobs(
    jobs: Sequence[Mapping[str, Any]],
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    placed: Mapping[str, Any] | None = None,
    planes: int = 1,
    names: Sequence[str] | None = None,
) -> Iterator[tuple[Mapping[str, Any], str, Ints, dict[str, Any]]]:
    """Yield checked ``jobs``, their names, their ranks, and how many of those a host and a domain have.

    ``placed`` is a checked placement; without, a job that states no hosts starts after the last host of the one before.
    ``names`` (n_ranks,) is the host that each endpoint sits in, as a file calls it; None is by number.
    """
    titles = [given["name"] or f"job {i}" for i, given in enumerate(jobs)]
    where = {"n_ranks": n_ranks, "ranks_per_host": ranks_per_host}
    stated = [_stated(given, name, names, **where) for given, name in zip(jobs, titles, strict=True)]
    if placed is None:
        ranks = _one_after_another(jobs, titles, stated, **where)
    else:
        build = ORDERS[placed["order"]]
        there = {**where, "planes": planes, **{k: v for k, v in placed.items() if k != "order"}}
        order = build(**{k: v for k, v in there.items() if k in signature(build).parameters})
        wanted = [g["hosts"] * ranks_per_host if s is None else s for g, s in zip(jobs, stated, strict=True)]
        ranks = handed_out(order, wanted, titles, n_ranks=n_ranks)
    near = hosts_and_domains(ranks_per_host, ranks_per_domain)
    for given, name, mine in zip(jobs, titles, ranks, strict=True):
        yield given, name, mine, _joined(mine, **near)


def _joined(ranks: Ints, *, ranks_per_host: int, ranks_per_domain: int) -> dict[str, int]:
    host = joined_ranks(ranks, ranks_per_host=1, ranks_per_domain=ranks_per_host)
    return {
        "ranks_per_host": host,
        "ranks_per_domain": joined_ranks(ranks, ranks_per_host=host, ranks_per_domain=ranks_per_domain),
    }


def _stated(
    given: Mapping[str, Any], name: str, names: Sequence[str] | None, *, n_ranks: int, ranks_per_host: int
) -> Ints | None:
    """Return the ranks of a job that says where it runs; None of one that does not."""
    try:
        if given.get("nodes"):
            return _named(given, names, n_ranks=n_ranks, ranks_per_host=ranks_per_host)
        if given["first"] is not None:
            at = {key: given[key] for key in ("hosts", "first", "stride")}
            return on_hosts(**at, n_ranks=n_ranks, ranks_per_host=ranks_per_host)
    except DemandError as error:
        raise DemandError(f"jobs: {name}: {error}") from None
    return None


def _named(given: Mapping[str, Any], names: Sequence[str] | None, *, n_ranks: int, ranks_per_host: int) -> Ints:
    """Return the ranks on the hosts that ``nodes`` of a job names, in its order."""
    try:
        nodes = expand(given["nodes"], "nodes")
    except FormatError as error:
        raise DemandError(str(error)) from None
    if given["hosts"] not in (None, len(nodes)):
        raise DemandError(f"hosts={given['hosts']}, but nodes names {len(nodes)}; leave one of them out")
    if len(set(nodes)) < len(nodes):
        raise DemandError(f"nodes {given['nodes']!r} names a host twice")
    if names is None:
        return np.concatenate([_by_number(node, n_ranks=n_ranks, ranks_per_host=ranks_per_host) for node in nodes])
    known: dict[str, list[int]] = {}
    for rank, host in enumerate(names):
        known.setdefault(host, []).append(rank)
    strange = next((node for node in nodes if node not in known), None)
    if strange is not None:
        from topo.near import hint

        raise DemandError(f"nodes: the fabric has no host {strange!r}, but {len(known)} others{hint(strange, known)}")
    return np.array([rank for node in nodes for rank in known[node]], dtype=np.int64)


def _by_number(node: str, *, n_ranks: int, ranks_per_host: int) -> Ints:
    number = re.search(r"(\d{1,12})$", node)
    if number is None:
        raise DemandError(
            f"nodes: {node!r} ends in no number, and the fabric names no hosts; give node[0-3] for the first 4"
        )
    return on_hosts(1, n_ranks=n_ranks, ranks_per_host=ranks_per_host, first=int(number[1]))


def _one_after_another(
    jobs: Sequence[Mapping[str, Any]],
    titles: Sequence[str],
    stated: Sequence[Ints | None],
    *,
    n_ranks: int,
    ranks_per_host: int,
) -> list[Ints]:
    free, found = 0, []
    for given, name, ranks in zip(jobs, titles, stated, strict=True):
        mine = ranks
        if mine is None:
            at = {"hosts": given["hosts"], "first": free, "stride": given["stride"]}
            try:
                mine = on_hosts(**at, n_ranks=n_ranks, ranks_per_host=ranks_per_host)
            except DemandError as error:
                raise DemandError(f"jobs: {name}: {error}") from None
        found.append(mine)
        free = int(mine[-1]) // ranks_per_host + 1
    return found


def with_queue(traffic: Document, parts: str, files: Files) -> tuple[Document, list[Problem]]:
    """Return ``traffic`` with the jobs of the file that its ``queue`` names as its ``parts``, ``each`` added to each.

    A queue is CSV with the header ``job,hosts`` and any further keys of a job, or a YAML list of such mappings; fields
    may be parted by ``|``, as squeue prints them.  ``hosts`` is a number, or a host list of Slurm.
    """
    given = dict(traffic.data)
    path = given.pop(QUEUE, None)
    each = given.pop(EACH, None)
    if not parts or (path is None and each is None):
        return traffic, []
    if not isinstance(path, str) or not isinstance(each or {}, dict) or given.get(parts):
        text = "queue is a file of jobs, each a mapping of what they have alike; jobs in the study go without"
        return traffic, [Problem(traffic.place((QUEUE,)), f"traffic.{QUEUE}", text)]
    try:
        text, shown = files.read("traffic", path)
        rows = _rows(text, shown)
    except ConfigError as error:
        return traffic, [Problem(traffic.place((QUEUE,)), f"traffic.{QUEUE}", str(error))]
    jobs = [{**(each or {}), **_job(row)} for row in rows]
    return Document(given | {parts: jobs}, traffic.places), []


def _job(row: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in row.items() if key not in COLUMNS}
    hosts = row["hosts"]
    counted = isinstance(hosts, int) and not isinstance(hosts, bool)
    return {"name": str(row["job"]), "hosts" if counted else "nodes": hosts if counted else str(hosts), **rest}


def _rows(text: str, shown: str) -> list[dict[str, Any]]:
    if re.match(r"\s*(#.*\s*)*(-|\[)", text):
        rows = parse(text, shown).data
        if not all(isinstance(row, dict) for row in rows):
            raise ConfigError(f"{shown}: a queue is a list of mappings with job and hosts")
        for i, row in enumerate(rows):
            _check_columns(row, f"{shown}: job {i}")
        return [dict(row) for row in rows]
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    part = "|" if lines and "|" in lines[0] else ","
    table = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=part))
    header = [word.strip().lower() for word in table[0]] if table else []
    _check_columns(header, f"{shown}:1")
    found = []
    for number, row in enumerate(table[1:], start=2):
        if len(row) != len(header):
            text = f"{len(row)} fields for {len(header)} columns; put host lists with commas in quotes"
            raise ConfigError(f"{shown}:{number}: {text}")
        place, cells = f"{shown}:{number}", [value.strip() for value in row]
        found.append({key: _scalar(value, place) for key, value in zip(header, cells, strict=True) if value})
        _check_columns(found[-1], place)
    return found


def _check_columns(row: Any, place: str) -> None:
    missing = [word for word in COLUMNS if word not in row]
    if missing:
        raise ConfigError(f"{place}: {' and '.join(missing)} missing; a queue has the columns job and hosts")


def _scalar(text: str, place: str) -> Any:
    if "[" in text:  # a host list, and no list of YAML
        return text
    try:
        return parse_scalar(text)
    except TooLarge as error:
        raise ConfigError(f"{place}: {error}") from None
