"""A short run of what `make soak` does at length, and what it takes for a fault."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from schemathesis.core.failures import ServerError
from schemathesis.openapi.checks import AuthScenario, IgnoredAuth, JsonSchemaError, RejectedPositiveData

from tests.serving.conformance.excused import excuse
from tests.serving.conformance.generation import Round, document_of, run
from tests.serving.conformance.served_book import Served, served_book
from tests.serving.conformance.tally import Tally
from tests.serving.trained_workspace import TrainedWorkspace, workspace

__all__ = ["workspace"]


@pytest.fixture(scope="module")
def served(workspace: TrainedWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("conformance")
    with served_book(workspace.registry, workspace.store, folder) as found:
        yield found


@pytest.mark.long
@pytest.mark.slow
def test_every_operation_answers_as_the_document_says(served: Served) -> None:
    tally = Tally()
    for _ in run(served, Round(examples=8, seed=7, phases=("examples", "fuzzing")), tally):
        pass
    assert tally.is_clean, "\n".join(tally.lines())
    assert tally.operations == {
        f"{method.upper()} {path}" for path, item in document_of(served)["paths"].items() for method in item
    }


def test_an_answer_that_a_document_does_not_tell_is_a_fault(served: Served) -> None:
    document, tally = document_of(served), Tally()
    document["paths"] = {path: document["paths"][path] for path in ("/v1/model", "/v1/plays", "/v1/gaming")}
    document["components"]["schemas"]["ModelResponse"]["required"].append("what is not there")
    del document["paths"]["/v1/plays"]["get"]["responses"]["200"]
    for _ in run(served, Round(examples=6, seed=7, phases=("fuzzing",)), tally, document):
        pass
    assert set(tally.faults) == {
        ("GET /v1/model", "Response violates schema"),
        ("GET /v1/plays", "Undocumented status code"),
    }
    assert not tally.is_clean
    assert all(f"Bearer {served.key}" in told and "curl -X GET" in told for told in tally.faults.values())


def answered(status: int, document: Any = None, **headers: str) -> Any:
    """A response as Schemathesis hands it over."""
    named = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return SimpleNamespace(status_code=status, headers=named, json=lambda: document)


def refusal_of(*fields: str, value: object = "x") -> Any:
    return answered(422, {"errors": [{"field": field, "value": value} for field in fields]})


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_a_fault_unless_it_says_when_to_come_again(status: int) -> None:
    failure = ServerError(operation="GET /v1/x", status_code=status)
    assert excuse(failure, answered(status)) is None
    assert (excuse(failure, answered(status, retry_after="5")) is None) == (status != 503)


def test_a_valid_call_may_be_refused_only_for_what_no_schema_can_say() -> None:
    said = {"operation": "POST /v1/x", "message": "", "status_code": 422}
    rejected = RejectedPositiveData(**said, allowed_statuses=["2xx"])
    assert excuse(rejected, refusal_of("cursor", "rows[3].features.a\nb")) is not None
    assert excuse(rejected, refusal_of("cursor", "band")) is None
    begun = {
        "field": "band",
        "value": "red",
        "allowed": "green, as the cursor's pages",
        "next": "start again",
    }
    assert excuse(rejected, answered(422, {"errors": [begun]})) is not None
    assert excuse(rejected, refusal_of("role", value=None)) is not None
    assert excuse(rejected, refusal_of("role")) is None
    assert excuse(rejected, refusal_of()) is None
    assert excuse(rejected, answered(400, refusal_of("cursor").json())) is None


def test_a_body_outside_its_schema_and_a_call_let_in_without_a_key_are_never_excused() -> None:
    wrong = SimpleNamespace(schema_path=[], instance_path=[], instance=None, message="")
    outside = JsonSchemaError(operation="GET /v1/x", exc=wrong, root_schema={})
    told = {"message": "Expected 401 or 403, got `200 OK` for `GET /v1/x`", "scenario": AuthScenario.NO_AUTH}
    for failure in (outside, IgnoredAuth(operation="GET /v1/x", **told)):
        assert [excuse(failure, answered(status)) for status in (200, 404, 415, 422, 429, 503)] == [None] * 6
