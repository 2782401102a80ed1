"""``topo validate``, ``topo schema``, ``topo new``: study files, from the first line to the last check."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from topo.cli.options import json_option


@click.command("validate")
@click.argument("path", metavar="FILE")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Override a key. May be repeated.")
@json_option
def validate_verb(path: str, overrides: tuple[str, ...], as_json: bool) -> int:
    """Check the study FILE, or a shipped study by name.

    Prints its cases where it is right; else every problem as file:line:column, and exits 3.
    """
    from topo.cli import output
    from topo.config import load_study

    study = load_study(path, overrides)
    cases = [{"name": case.name, "refused": case.refused or None} for case in study.cases]
    if as_json:
        output.print_json({"study": study.name, "title": study.title, "cases": cases})
        return 0
    for case in cases:
        click.echo(f"{case['name']}" + (f"  refused: {case['refused']}" if case["refused"] else ""))
    output.note(f"{path}: ok, {len(cases)} case{'s' * (len(cases) != 1)}")
    return 0


@click.command("schema")
@click.option("--record", "of_record", is_flag=True, help="That of record.json, for programs that read results.")
def schema_verb(*, of_record: bool) -> int:
    """Print the JSON Schema of study files, for editors that complete and check them.

    \b
    topo schema > study.schema.json
    and as the first line of a study:
    # yaml-language-server: $schema=study.schema.json
    """
    import json

    if of_record:
        from topo.study import record_schema as schema
    else:
        from topo.config import json_schema as schema
    click.echo(json.dumps(schema(), indent=2))
    return 0


@click.command("new")
@click.argument("study")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File; STUDY.yaml if not given.")
def new_verb(study: str, output: Path | None) -> int:
    """Write a study to start from: a commented one titled STUDY, or a copy of the shipped study of that name.

    Never overwrites a file.
    """
    from topo.atomic import write_text
    from topo.config import ConfigError, data_root, names

    path = output or Path(f"{study.removesuffix('.yaml').replace('/', '-')}.yaml")
    if path.exists():
        raise ConfigError(f"{path}: exists already; choose another name with -o")
    if study in names("studies"):
        text = (data_root() / "studies" / f"{study}.yaml").read_text(encoding="utf-8")
    else:
        starter = files("topo.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
        text = starter.replace("TITLE", '"' + study.replace("\\", "\\\\").replace('"', '\\"') + '"')
    write_text(path, text)
    click.echo(str(path))
    return 0
