"""``topo analyze``: one traffic on one fabric."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topo.cli.exits import LIMIT, OK
from topo.cli.options import Check, checks_option, estimate_options, json_option, judge, section_options, seed_option

if TYPE_CHECKING:
    from topo.config import Case

#: What people read first; --json has everything.
SHOWN = (
    "endpoints", "switches", "switch_links", "failed", "reach_with_relay", "unreachable_commodities",
    "blackholed_share", "slowdown", "kept_throughput", "normalized_throughput", "switch_throughput", "max_utilization",
    "mean_utilization", "p99_utilization", "plane_balance", "bottleneck_tier", "completion_least_s",
    "completion_s",
    "network_rate_bytes_per_s", "scale_up_rate_bytes_per_s", "algbw_bytes_per_s", "busbw_bytes_per_s",
    "collective_least_s", "collective_gap",
    "mean_rate_gbps", "min_rate_gbps", "mean_completion_in_turn_s", "mean_completion_s", "fairness",
    "zero_load_latency_s", "bisection_per_endpoint", "theta", "bound", "gap", "hosts_per_token", "remote_copies",
    "gain_worst_case", "gain_expected", "step_s", "tpot_s", "prefill_s", "exposed_s", "bubble_s", "tokens_per_s",
    "tokens_per_s_per_gpu", "cost_usd",
    "cost_per_endpoint_usd", "job_mttf_s", "job_uninterrupted", "ettr", "ettr_played", "best_checkpoint_s",
    "expected_throughput", "full_reach", "good_time", "no_slowdown", "method",
)  # fmt: skip


@click.command("analyze")
@click.argument("fabric")
@click.argument("traffic")
@section_options
@seed_option
@json_option
@checks_option
@estimate_options
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for records and report.")
def analyze_verb(
    *,
    fabric: str,
    traffic: str,
    seed: int,
    as_json: bool,
    checks: tuple[Check, ...],
    max_memory: float | None,
    dry_run: bool,
    output: Path | None,
    **sections: str | None,
) -> int:
    """Route TRAFFIC on FABRIC and print loads, throughput and times.

    Utilization is that of switch links with the traffic offered at its port limit.

    \b
    topo analyze fat-tree-2:radix=64,planes=8,endpoints=2048 moe-all-to-all:ep=64,node_limit=4
    topo analyze dragonfly:a=8,p=4,h=4 shift:by=32 --solver max-min --fail-on 'max_utilization>1'
    """
    from topo.cli.output import note
    from topo.config import read_case

    begin = time.perf_counter()
    case = read_case(fabric, traffic, seed=seed, **sections)
    if _only_estimated(case, max_memory, dry_run=dry_run, as_json=as_json):
        return OK
    results = _stored(case, output) if output is not None else _computed(case)
    results |= {"seconds": round(time.perf_counter() - begin, 3)}
    code = judge(checks, results)
    _print(case, results, as_json=as_json)
    for text in (*case.notes, *(results.get("inferred") or ())):
        note(f"note: {text}")
    for warning in results.get("warnings") or ():
        note(f"warning: {warning}")
    if not results.get("complete", True):
        note(f"the time was up at a gap of {results['gap']:.3g}; give the policy more with seconds=")
        return LIMIT
    return code


def _only_estimated(case: Case, max_memory: float | None, *, dry_run: bool, as_json: bool) -> bool:
    """Print the estimate of ``case`` where that is all that was asked for; else stop where it is over the limit."""
    from topo.study import check_memory, default_limit, estimate

    limit = max_memory or default_limit()
    if dry_run:
        from topo.cli.estimates import print_estimates

        print_estimates([case], limit, as_json=as_json)
    else:
        check_memory(estimate(case), limit)
    return dry_run


def _computed(case: Case) -> dict[str, Any]:
    from topo.study import run_case

    return run_case(case).results


def _stored(case: Case, folder: Path) -> dict[str, Any]:
    """Return the results of ``case`` run as a study of one, whose report then lies in ``folder``."""
    from topo.cli.output import note
    from topo.config import Study
    from topo.report import write
    from topo.study import run

    given = {key: value for key, value in case.sections.items() if value is not None}
    text = {"schema": 1, "title": case.name, **given, "seed": case.seed}
    done = run(Study("analysis", case.name, (case,), json.dumps(text, indent=2) + "\n"), folder)
    if done.failed:
        return _computed(case)  # once more, for the error itself
    note(f"report: {write(done.folder, tell=note)}")
    return dict(done.records[0]["results"])


def _print(case: Case, results: dict[str, Any], *, as_json: bool) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, print_rows
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
    print_results(title, results, SHOWN, more)
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
