"""JSON Schemas of the protocol, generated from the structs: `python -m apps.wire.schema` writes them to its output.

`docs/wire.schema.json` is that output; a test sees to it that it is current.
"""

import inspect
import json
import sys
from typing import Any, Final

import msgspec

from apps.wire.bodies import MESSAGE_BODIES, SYSTEM_BODIES
from apps.wire.frames import PATH, PROTOCOL_VERSION, ClientFrames, ServerFrames

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def build_schema() -> dict[str, Any]:
    """Return one schema document: `$defs` has every struct, and ClientFrame and ServerFrame as their unions.

    `bodies` maps each kind of event to the schema of its body; `send` carries the kinds of `client`, and `event` both.
    """
    bodies = {**MESSAGE_BODIES, **SYSTEM_BODIES}
    types = [ClientFrames, ServerFrames, *bodies.values()]
    (client, server, *body_schemas), definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    kinds = dict(zip(bodies, body_schemas, strict=True))
    for definition in definitions.values():
        if "description" in definition:  # docstrings keep their indentation up to Python 3.12 and lose it after
            definition["description"] = inspect.cleandoc(definition["description"])
    return {
        "$schema": DIALECT,
        "title": f"imsite WebSocket protocol, version {PROTOCOL_VERSION}",
        "description": f"Text frames on {PATH}, one JSON object each, told apart by `op`.",
        "anyOf": [{"$ref": "#/$defs/ClientFrame"}, {"$ref": "#/$defs/ServerFrame"}],
        "bodies": {
            "client": {kind: kinds[kind] for kind in MESSAGE_BODIES},
            "server": {kind: kinds[kind] for kind in SYSTEM_BODIES},
        },
        "$defs": {"ClientFrame": client, "ServerFrame": server, **dict(sorted(definitions.items()))},
    }


def render_schema() -> str:
    """Return the document as it is kept in the repository."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_schema())
