"""JSON Schema of study files, so that editors complete and check them."""

from __future__ import annotations

from typing import Any

from topo.config.case import SECTIONS
from topo.config.match import Match
from topo.config.signatures import model
from topo.config.study_file import study_shape


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a study file; every section offers all registered entries."""
    schema = study_shape().model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    for key, section in SECTIONS.items():
        if not section.word:
            definitions[key] = model(key).model_json_schema()
            choices: list[Any] = [{"type": "string"}, {"$ref": f"#/$defs/{key}"}]
        else:
            entries = {f"{key}:{name}": _entry(key, name, definitions) for name in section.registry}
            definitions |= entries
            spec = {"type": "string", "description": "name:key=value,key=value"}
            choices = [spec, {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in entries]}]
        schema["properties"][key] = {"anyOf": [*choices, {"type": "null"}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _entry(key: str, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an entry; what it refers to goes to ``definitions``."""
    entry = model(key, name).model_json_schema(ref_template="#/$defs/{model}")
    definitions |= entry.pop("$defs", {})
    entry["properties"]["name"] = {"type": "string", "description": "what the study calls it"}
    if key == "fabric":
        entry["properties"]["match"] = Match.model_json_schema()
    # Cases and axes fill in the rest, so the word alone is required.
    return entry | {"required": [SECTIONS[key].word]}
