"""The verbs: which there are, where each lives, and the one line that ``topo --help`` says of it.

Help for a verb is static text here, because asking the verb itself would import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import click

from topo import __version__
from topo.near import hint


@dataclass(frozen=True)
class Verb:
    """A command that is not imported yet: ``module`` of this package, its one ``line`` of help."""

    module: str
    line: str


VERBS = {
    "analyze": Verb("analyze", "Load, throughput and completion time of a traffic on a fabric."),
    "build": Verb("build", "Build a fabric, check it, and write it to a file."),
    "check": Verb("check", "What is wrong with a fabric as it is cabled, and what each fault costs."),
    "convert": Verb("convert", "A fabric from one file format into another."),
    "design": Verb("design", "The best network that meets requirements, by proof, and why others lost."),
    "doctor": Verb("doctor", "Check this installation: versions, kernels, optional programs."),
    "expect": Verb("expect", "What collectives should reach on a fabric, beside what logs measured."),
    "explain": Verb("explain", "Paths, shares and bottleneck between two endpoints."),
    "grow": Verb("grow", "How one network becomes the next, cable by cable, and what is bought."),
    "list": Verb("catalogue", "Names that the other verbs take: families, patterns, policies, ..."),
    "moe": Verb("moe", "Copies, bytes and time of expert-parallel dispatch and combine."),
    "new": Verb("files", "Write a commented study, or a model, to start from."),
    "order": Verb("order", "What to order for a fabric, with spares, and how to cable it."),
    "place": Verb("place", "Which ranks of a job stand where, so that it ends soonest."),
    "report": Verb("report", "Redraw the report of a study; never solves."),
    "schema": Verb("files", "Print the JSON Schema of study files, or of records."),
    "size": Verb("size", "Parts list and cost of a network, in closed form at any scale."),
    "study": Verb("study", "Run every case of a study and write records and report."),
    "validate": Verb("files", "Check a study file and say what is wrong, and where."),
}

EPILOG = """\b
A FABRIC or TRAFFIC is a name with optional parameters, or a file:
  topo size fat-tree-2:radix=64,planes=8 --prices paper-table-3
  topo analyze dragonfly:a=8,p=4,h=4 uniform --routing ecmp --json
  topo study deepseek-v3 -o reports/deepseek-v3

\b
Exit codes: 0 ok, 1 a --fail-on check failed, 2 usage, 3 invalid input,
4 not connected or infeasible, 5 limit reached, 6 study with failed cases,
70 internal error, 130 interrupted."""


class Verbs(click.Group):
    """The group of all verbs, each imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all verbs."""
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb, importing its module; None where there is no such verb."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        command = getattr(import_module(f"topo.cli.{verb.module}"), f"{cmd_name}_verb")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that ``args`` begin with; an unknown one is told the nearest match."""
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            raise click.UsageError(
                f"no verb {args[0]!r}{hint(args[0], VERBS) or '.'} Verbs: {', '.join(sorted(VERBS))}", ctx=ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs with their static lines, importing none."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, verb.line) for name, verb in sorted(VERBS.items())])


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(f"planewise {__version__}")
        ctx.exit()


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
    subcommand_metavar="VERB [ARGUMENTS]...",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.option("--debug", is_flag=True, envvar="TOPO_DEBUG", help="Show the traceback of an error.")
@click.pass_context
def topo(ctx: click.Context, debug: bool) -> None:
    """Design and analyze network topologies for AI and HPC clusters."""
    ctx.obj = debug
