"""``topo validate``, ``topo schema``, ``topo new``: study files, from the first line to the last check."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import click

from topo.cli.options import json_option


@click.command("validate")
@click.argument("path", metavar="FILE")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Override a key. May be repeated.")
@json_option
def validate_verb(path: str, overrides: tuple[str, ...], as_json: bool) -> int:
    """Check the study or design FILE, or a shipped one by name.

    Prints its cases where it is right; else every problem as file:line:column, and exits 3.
    """
    from topo.cli import output
    from topo.config import load_study
    from topo.config.study_file import holds_design

    if holds_design(path) and not overrides:
        return _design(path, as_json=as_json)
    study = load_study(path, overrides)
    cases = [{"name": case.name, "refused": case.refused or None} for case in study.cases]
    if as_json:
        output.print_json({"study": study.name, "title": study.title, "cases": cases})
        return 0
    for case in cases:
        click.echo(f"{case['name']}" + (f"  refused: {case['refused']}" if case["refused"] else ""))
    output.note(f"{path}: ok, {len(cases)} case{'s' * (len(cases) != 1)}")
    return 0


def _design(path: str, *, as_json: bool) -> int:
    """Check a design, which has no cases before its search."""
    from topo.cli import output
    from topo.config.design import load_design

    title = load_design(path).title
    if as_json:
        output.print_json({"study": Path(path).stem, "title": title, "cases": []})
    else:
        output.note(f"{path}: ok, a design; topo design {path} searches its network")
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
@click.argument("study", metavar="[model] NAME")
@click.argument("name", required=False, metavar="")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File; NAME.yaml if not given.")
@click.option("--like", default="deepseek-v3", show_default=True, metavar="MODEL", help="Shipped model to start from.")
def new_verb(study: str, name: str | None, output: Path | None, like: str) -> int:
    """Write a study to start from: a commented one titled NAME, or a copy of the shipped study of that name.

    With the word model before NAME, write a model: a copy of the shipped one of that name, or one called NAME
    after --like, each figure with its meaning or its source. Never overwrites a file.
    """
    from topo.atomic import write_text
    from topo.config import ConfigError

    if name is not None and study != "model":
        raise click.UsageError(f"{study!r} is nothing that can be written; give a NAME, or: model NAME")
    path = output or Path(f"{(name or study).removesuffix('.yaml').replace('/', '-')}.yaml")
    if path.exists():
        raise ConfigError(f"{path}: exists already; choose another name with -o")
    write_text(path, _study(study) if name is None else _model(name.removesuffix(".yaml"), like))
    click.echo(str(path))
    return 0


def _study(title: str) -> str:
    """Return the text of a shipped study, or of a new one of that ``title``."""
    from topo.config import data_root, names

    if title in names("studies"):
        return (data_root() / "studies" / f"{title}.yaml").read_text(encoding="utf-8")
    starter = files("topo.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    return starter.replace("TITLE", _quoted(title))


def _model(name: str, like: str) -> str:
    """Return the text of the shipped model ``name``, or of one called so that starts as ``like``."""
    from topo.config import Files, names

    if name in names("models"):
        return Files().read("models", name)[0]
    text, _ = Files().read("models", like)
    head = f"# {name}, to be filled in: every figure below is that of {like}.\n"
    return head + re.sub(r"(?m)^name: .*$", lambda _: f"name: {_quoted(name)}", text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
