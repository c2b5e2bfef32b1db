"""openapi/dashboard.json is what the endpoints say, and says how each may be refused."""

import json
from pathlib import Path

from vibefollow_server.web.dashboard.openapi import render

COMMITTED = Path(__file__).parents[4] / "openapi" / "dashboard.json"
METHODS = {"get", "post", "put", "patch", "delete"}


def test_the_committed_file_is_current() -> None:
    assert COMMITTED.read_text() == render(), "stale: run make openapi"


def test_every_operation_documents_the_error_envelope_and_has_a_name_of_its_own() -> None:
    paths = json.loads(render())["paths"]
    operations = [path[method] for path in paths.values() for method in METHODS & path.keys()]
    for operation in operations:
        schema = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Errors"}
        assert operation["description"]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))


def test_the_frameworks_own_errors_are_not_mentioned() -> None:
    assert "HTTPValidationError" not in render()
