"""The API reference, written from the OpenAPI document: a page that cannot say anything else.

Calls first, each with its scope, parameters, body, answer and refusals; then every schema, field by field.
`docs/api.md` shows how each call is made; this tells what each may hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from serving.access.openapi_access import OPEN
from serving.access.scopes import needed_scope

Document = Mapping[str, Any]

INTRODUCTION = """# API reference

Written from the OpenAPI 3.1 document, which a running service has at `/docs.json`. How each call is made, in
curl and Python, with what holds for all of them: [the API, call by call](api.md). Every refusal is a problem
detail (RFC 9457), `ProblemDetail` below.
"""
FIELDS = "| field | type | required | means |\n| --- | --- | --- | --- |"
PARAMETERS = "| parameter | in | type | means |\n| --- | --- | --- | --- |"
LIMITS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "up to {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "minItems": "{} entries or more",
    "maxItems": "{} entries at most",
    "format": "a {}",
    "pattern": "matching `{}`",
    "default": "default {}",
}


def api_reference(document: Document) -> str:
    """The page as Markdown.

    >>> from serving.api.openapi import openapi_document
    >>> from serving.params import ServingParams
    >>> page = api_reference(openapi_document(ServingParams()))
    >>> "### `POST /v1/predict`" in page, "## Schemas" in page
    (True, True)
    """
    calls = [
        _call(method, path, call) for path, item in document["paths"].items() for method, call in item.items()
    ]
    schemas = [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "\n".join([INTRODUCTION, "## Calls\n", *calls, "## Schemas\n", *schemas])


def _call(method: str, path: str, call: Document) -> str:
    scope = needed_scope(method.upper(), path)
    key = "No key." if path in OPEN else "Any key." if scope is None else f"Scope `{scope}`."
    lines = [f"### `{method.upper()} {path}`\n", f"{call['summary']}. {key}\n"]
    if call.get("parameters"):
        lines += [PARAMETERS, *map(_parameter, call["parameters"]), ""]
    if "requestBody" in call:
        lines.append(f"Body: {_content(call['requestBody'])}\n")
    answers = {status: answer for status, answer in call["responses"].items() if status < "300"}
    lines += [f"{status}: {_content(answer)}\n" for status, answer in answers.items()]
    refusals = (f"{s} ({a['description']})" for s, a in call["responses"].items() if s >= "300")
    lines.append(f"Otherwise: {'; '.join(refusals)}.\n")
    return "\n".join(lines)


def _parameter(found: Document) -> str:
    name = f"`{found['name']}`" + (" (required)" if found.get("required") else "")
    return _row([name, found["in"], _type(found["schema"]), found.get("description", "")])


def _content(holder: Document) -> str:
    kinds = holder.get("content", {})
    told = [f"{_type(media['schema'])} as `{kind}`" for kind, media in kinds.items() if "schema" in media]
    return " or ".join(told) or str(holder.get("description", "nothing"))


def _schema(name: str, schema: Document) -> str:
    lines = [f"### {name}\n"]
    if "description" in schema:
        lines.append(" ".join(schema["description"].split()) + "\n")
    if "properties" in schema:
        required = set(schema.get("required", ()))
        rows = (_field(key, value, key in required) for key, value in schema["properties"].items())
        lines += [FIELDS, *rows, ""]
    else:
        lines.append(f"{_type(schema)}\n")
    for example in schema.get("examples", ())[:1]:
        shown = json.dumps(example, ensure_ascii=False, indent=1)
        lines.append(f"```json\n{shown}\n```\n")
    return "\n".join(lines)


def _field(name: str, schema: Document, required: bool) -> str:
    return _row([f"`{name}`", _type(schema), "yes" if required else "", schema.get("description", "")])


def _type(schema: Document) -> str:
    """The type in a few words, with its limits; other schemas are named and linked."""
    return ", ".join([_plain_type(schema), *_limits(schema)])


def _plain_type(schema: Document) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[union]))
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        parts = schema.get("prefixItems", [schema.get("items", {})])
        return "list of " + " and ".join(dict.fromkeys(_type(part) for part in parts))
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_type(schema['additionalProperties'])}"
    told = schema.get("type", "anything")
    return told if isinstance(told, str) else " or ".join(told)


def _limits(schema: Document) -> Iterator[str]:
    for key, words in LIMITS.items():
        if schema.get(key) is not None:
            yield words.format(schema[key] if key != "default" else f"`{json.dumps(schema[key])}`")


def _row(cells: Iterable[str]) -> str:
    """A table row; neither a bar nor a line break in a cell ends it."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
