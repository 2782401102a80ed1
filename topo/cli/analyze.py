"""``topo analyze``: one traffic on one fabric."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topo.cli.draws import head_of, say_notes, stored
from topo.cli.exits import LIMIT, OK, say
from topo.cli.options import (
    Check,
    checks_option,
    csv_option,
    estimate_options,
    json_option,
    judge,
    quiet_option,
    section_options,
    seed_option,
)
from topo.cli.progress import working
from topo.cli.results import GAP, print_cases
from topo.cli.workers import Where, workers_option
from topo.headway import tell

if TYPE_CHECKING:
    from topo.config import Case

#: What people read first, in groups that a gap parts; --json has everything.
SHOWN = (
    "endpoints", "switches", "switch_links", "bisection_per_endpoint", "failed", "reach_with_relay",
    "unreachable_commodities", "blackholed_share", GAP,
    "completion_least_s", "completion_s", "slowdown", "kept_throughput", "mean_completion_in_turn_s",
    "mean_completion_s", "zero_load_latency_s", GAP,
    "normalized_throughput", "switch_throughput", "network_rate_bytes_per_s", "scale_up_rate_bytes_per_s",
    "algbw_bytes_per_s", "busbw_bytes_per_s", "mean_rate_gbps", "min_rate_gbps", "fairness", GAP,
    "max_utilization", "p99_utilization", "mean_utilization", "bottleneck_tier", "plane_balance", GAP,
    "gap", "collective_least_s", "collective_gap", GAP,
    "hosts_per_token", "remote_copies", "gain_worst_case", "gain_expected", "step_s", "tpot_s", "prefill_s",
    "exposed_s", "bubble_s", "tokens_per_s", "tokens_per_s_per_gpu", GAP,
    "cost_usd", "cost_per_endpoint_usd", GAP,
    "job_mttf_s", "job_uninterrupted", "ettr", "ettr_played", "best_checkpoint_s", "expected_throughput",
    "full_reach", "good_time", "no_slowdown", GAP,
    "method",
)  # fmt: skip


@click.command("analyze")
@click.argument("fabric")
@click.argument("traffic")
@section_options
@seed_option
@json_option
@csv_option
@quiet_option
@checks_option
@estimate_options
@click.option("--seeds", type=click.IntRange(1, 10_000), help="Draw it so often; print mean and range.")
@workers_option("Threads for blocks of one case, or local processes for draws; 0 is this process.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for records and report.")
def analyze_verb(
    *,
    fabric: str,
    traffic: str,
    seed: int,
    as_json: bool,
    as_csv: bool,
    quiet: bool,
    checks: tuple[Check, ...],
    max_memory: float | None,
    dry_run: bool,
    seeds: int | None,
    where: Where,
    output: Path | None,
    **sections: str | None,
) -> int:
    """Route TRAFFIC on FABRIC and print loads, throughput and times.

    Utilization is that of switch links with the traffic offered at its port limit.

    \b
    topo analyze fat-tree-2:radix=64,planes=8,endpoints=2048 moe-all-to-all:ep=64,node_limit=4
    topo analyze dragonfly:a=8,p=4,h=4 shift:by=32 --solver max-min --fail-on 'max_utilization>1'
    topo analyze slim-fly:q=11 permutation --routing ecmp-hash --seeds 20 --workers 8
    """
    from topo.cli import draws
    from topo.config import read_case, read_draws

    begin = time.perf_counter()
    if seeds:
        cases = read_draws(fabric, traffic, seed=seed, seeds=seeds, **sections)
    else:
        cases = [read_case(fabric, traffic, seed=seed, **sections)]
    if _only_estimated(cases, max_memory, where, dry_run=dry_run, form=(as_json, as_csv)):
        return OK
    quiet = quiet or as_json or as_csv
    if seeds:
        form = {"as_json": as_json, "as_csv": as_csv, "quiet": quiet}
        return draws.analyze(cases, SHOWN, seed=seed, where=where, folder=output, checks=checks, **form)
    (case,) = cases
    with working(quiet=quiet):
        tell(f"running {case.name}")
        results = _stored(case, output, where) if output is not None else _computed(case, where)
    results |= {"seconds": round(time.perf_counter() - begin, 3)}
    code = judge(checks, results)
    if as_csv:
        print_cases([(head_of(case), results)])
    else:
        _print(case, results, as_json=as_json)
    _say_notes(case, results)
    return code if results.get("complete", True) else LIMIT


def _say_notes(case: Case, results: dict[str, Any]) -> None:
    """Say what was chosen, what was drawn, and what the time left open."""
    say_notes([case], [results])
    if "seed" in case.routing:
        say(f"note: paths of {case.routing['policy']} are one draw of many; --seeds 10 prints mean and range")
    if not results.get("complete", True):
        say(f"the time was up at a gap of {100 * results['gap']:.1f} %; give the policy more with seconds=")


def _only_estimated(
    cases: Sequence[Case], max_memory: float | None, where: Where, *, dry_run: bool, form: tuple[bool, bool]
) -> bool:
    """Print estimates of ``cases`` where that is all that was asked for; else stop where one is over the limit."""
    from topo.study import check_memory
    from topo.study.estimate import estimate

    limit = max_memory or where.limit(len(cases))
    if dry_run:
        from topo.cli.estimates import print_estimates

        as_json, as_csv = form
        print_estimates(cases, limit, as_json=as_json, as_csv=as_csv)
    else:
        check_memory(estimate(cases[0]), limit)
    return dry_run


def _computed(case: Case, where: Where) -> dict[str, Any]:
    """Return the results of ``case``: on threads here, or on a worker of the scheduler."""
    from topo.study import on_threads, run_case

    if where.scheduler is not None:
        from topo.study import drawn

        return dict(drawn([case], **where.how()).results[0])
    with on_threads(where.given or 0):
        return run_case(case).results


def _stored(case: Case, folder: Path, where: Where) -> dict[str, Any]:
    """Return the results of ``case`` run as a study of one, whose report then lies in ``folder``."""
    done = stored([case], folder, where, {**case.sections, "seed": case.seed})
    if done.failed:
        return _computed(case, where)  # once more, for the error itself
    return dict(done.records[0]["results"])


def _print(case: Case, results: dict[str, Any], *, as_json: bool) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, print_rows, say_cases
    from topo.config import facts_of
    from topo.quantities import QUANTITIES

    if as_json:
        output.print_json({**case.sections, "seed": case.seed, **results})
        return
    title = f"{case.name}: {case.traffic and case.traffic['pattern']}, {case.routing['policy']}"
    facts = facts_of(case)
    host, domain, more = facts.per_host, facts.per_domain, {}
    if domain != host:
        more = {
            "hosts (trays)": f"{results['hosts']:,} of {host} endpoints",
            QUANTITIES["domains"].title: f"{results['domains']:,} of up to {domain} endpoints",
        }
    say_cases(title, [case], [results])
    print_results("", results, SHOWN, more)
    if results.get("jobs"):
        print_rows("\njobs", results["jobs"], [f"jobs.{key}" for key in results["jobs"][0]])
    if results.get("operations"):
        print_rows("\noperations", results["operations"], [f"operations.{key}" for key in results["operations"][0]])
    tiers = [{"tier": tier, **row} for tier, row in (results.get("links_by_tier") or {}).items()]
    keys = ("links.parquet:tier", *(f"links_by_tier.*.{key}" for key in ("links", "mean", "p99", "max")))
    print_rows("\nlinks by tier", tiers, keys)
    if len(results.get("limits") or ()) > 1:
        shown = ("phase", "name", "seconds", "share", "utilization", "tier", "tail", "head")
        print_rows("\nlongest phases, and the fullest link of each", results["limits"], [f"limits.{k}" for k in shown])
