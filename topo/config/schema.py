"""JSON Schema of study files, so that editors complete and check them."""

from __future__ import annotations

from typing import Any

from topo.config.match import Match
from topo.config.models import WORDS, Cost, model, registry
from topo.config.study_file import StudyFile


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a study file; every section offers all registered entries."""
    schema = StudyFile.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    for section, word in WORDS.items():
        choices = []
        for name in registry(section):
            entry = model(section, name).model_json_schema(ref_template="#/$defs/{model}")
            definitions |= entry.pop("$defs", {})
            entry["properties"]["name"] = {"type": "string", "description": "what the study calls it"}
            if section == "fabric":
                entry["properties"]["match"] = Match.model_json_schema()
            # Cases and axes fill in the rest, so the word alone is required.
            entry["required"] = [word]
            definitions[f"{section}:{name}"] = entry
            choices.append({"$ref": f"#/$defs/{section}:{name}"})
        spec = {"type": "string", "description": "name:key=value,key=value"}
        schema["properties"][section] = {"anyOf": [spec, {"oneOf": choices}, {"type": "null"}]}
    definitions["cost"] = Cost.model_json_schema()
    schema["properties"]["cost"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/cost"}, {"type": "null"}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
