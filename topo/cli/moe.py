"""``topo moe``: what expert parallelism costs, and what a node limit gains."""

from __future__ import annotations

from typing import Any

import click

from topo.cli.options import COUNT, Check, checks_option, csv_option, json_option, judge

#: What people read first; --json has everything.
SHOWN = (
    "model", "ep", "hosts", "node_limit", "hosts_per_token_unlimited", "hosts_per_token", "endpoints_per_token",
    "remote_copies", "gain_worst_case", "gain_expected", "gain_dedup", "gain_time", "step_s", "layer_s", "tpot_s",
    "tokens_per_s", "dedup_step_s", "bound_by", "logical_bytes_per_s", "physical_bytes_per_s", "method",
)  # fmt: skip
MODEL = (
    "parameters", "active_parameters", "mtp_parameters", "flops_forward", "flops_backward", "flops_6n",
    "kv_bytes_per_token", "ep_dispatch_bytes_per_token", "ep_combine_bytes_per_token",
)  # fmt: skip
LIMITS = (
    "node_limit", "hosts_per_token", "remote_copies", "gain_worst_case", "gain_expected", "exchange_s", "bound_by",
)  # fmt: skip


class Limit(click.ParamType[Any]):
    """A node limit: a number of hosts, or ``none``."""

    name = "limit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the limit; None is none."""
        if value in ("none", "model"):
            return None if value == "none" else value
        try:
            return COUNT.convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a number of hosts, none or model", param, ctx)


@click.command("moe")
@click.option(
    "--model",
    default="deepseek-v3",
    show_default=True,
    metavar="MODEL",
    help="Model: a shipped name, or a file: YAML or a hub's config.json.",
)
@click.option("--ep", type=COUNT, metavar="N", help="Endpoints of an expert-parallel group; up to 64 if not given.")
@click.option(
    "--node-limit", type=Limit(), default="model", metavar="M", help="Hosts a token may visit; none, or the model's."
)
@click.option("--tokens", type=COUNT, metavar="N", help="Tokens a rank in a step; 4096 if not given.")
@click.option("--rate", metavar="RATE", help="Of a NIC, one way; 400Gb/s if not given.")
@click.option("--scale-up", metavar="RATE", help="Of an endpoint inside its host, one way; 200GB/s if not given.")
@click.option("--hardware", metavar="NAME", help="Rates of NIC and scale-up links from a hardware file.")
@click.option(
    "--expert-load",
    metavar="FILE",
    help="Measured load, layer x expert: CSV or JSON, in place of a gate; --set expert_layer=N takes one layer.",
)
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Override a figure of model or gate.")
@json_option
@csv_option
@checks_option
def moe_verb(
    *, model: str, overrides: tuple[str, ...], as_json: bool, as_csv: bool, checks: tuple[Check, ...], **given: Any
) -> int:
    """Print copies per token, bytes, times and gains of expert-parallel dispatch and combine.

    step_s, layer_s, tpot_s and tokens_per_s are the speed limit of section 2.3.2 of the
    paper (no deduplication); dedup_* are those with one copy a host. exchange_s is one
    dispatch and combine of --tokens tokens a rank. Of the model itself: parameters,
    operations and bytes a token; of a dense one nothing else.

    \b
    topo moe --ep 64 --node-limit 4
    topo moe --set hidden=7000 --json
    """
    from topo.cli import output
    from topo.cli.results import print_cases, print_csv_rows, print_results, print_rows, say_first
    from topo.config.exchange import exchange_arguments
    from traffic.moe import report

    arguments = exchange_arguments(model, overrides, **given)
    results = report(**arguments)
    code = judge(checks, results)
    for remark in results["model_remarks"]:
        output.note(f"{results['model']}: {remark}")
    if as_json:
        output.print_json(results)
        return code
    if as_csv and "by_limit" in results:
        print_csv_rows(results["by_limit"], "by_limit.")
        return code
    if as_csv:
        print_cases([({}, results)])
        return code
    if "by_limit" in results:
        say_first(f"expert parallelism of {results['model']}", results["explanation"])
        print_results("", results, SHOWN)
        print_rows("\nby node limit", results["by_limit"], [f"by_limit.{key}" for key in LIMITS])
        click.echo()
    else:
        say_first(results["model"], results["explanation"])
    print_results(f"{results['model']} itself, at {results['sequence']} tokens a sequence", results, MODEL)
    return code
