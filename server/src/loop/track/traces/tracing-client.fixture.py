"""What an unmodified MLflow client does with traces. Ends with a line of JSON: what it saw."""

import asyncio
import json
import os

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import AssessmentSource, Feedback, SpanType  # noqa: E402

client = MlflowClient()
seen = {}


@mlflow.trace(span_type=SpanType.TOOL, attributes={"kind": "mul", "rate": 1.0})
def multiply(a, b):
    return a * b


@mlflow.trace
def answer(question):
    mlflow.update_current_trace(tags={"fruit": "apple"}, metadata={"mlflow.trace.session": "s1"}, client_request_id="c1")
    with mlflow.start_span("think", span_type=SpanType.LLM) as span:
        span.set_inputs({"q": question})
        span.set_attribute(
            "mlflow.chat.tokenUsage", {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        )
        span.set_outputs("é" * 3)
    return multiply(6, 7)


@mlflow.trace
def fail():
    with mlflow.start_span("inner"):
        raise ValueError("broken")


@mlflow.trace
async def slowly(n):
    await asyncio.sleep(0.01)
    return await inner(n)


@mlflow.trace
async def inner(n):
    return n


async def several():
    return await asyncio.gather(*(slowly(n) for n in range(3)))


def make():
    experiment = mlflow.set_experiment("traced").experiment_id
    with mlflow.start_run() as run:
        answer("what?")
    try:
        fail()
    except ValueError:
        pass
    asyncio.run(several())
    mlflow.flush_trace_async_logging()
    return experiment, run.info.run_id


def read(experiment, run):
    found = mlflow.search_traces(locations=[experiment], return_type="list")
    (trace,) = mlflow.search_traces(
        locations=[experiment], filter_string=f"metadata.`mlflow.sourceRun` = '{run}'", return_type="list"
    )
    same = mlflow.get_trace(trace.info.trace_id)
    (failed,) = mlflow.search_traces(locations=[experiment], filter_string="status = 'ERROR'", return_type="list")
    seen["read"] = {
        "names": sorted(one.info.tags["mlflow.traceName"] for one in found),
        "spans": [
            (span.name, span.span_type, span.parent_id is None, span.inputs, span.outputs) for span in same.data.spans
        ],
        "attributes": [same.data.spans[2].get_attribute(key) for key in ("kind", "rate")],
        "tokens": same.info.token_usage,
        "facts": [str(same.info.state), same.info.tags["fruit"], same.info.client_request_id, same.info.request_preview],
        "session": same.info.trace_metadata["mlflow.trace.session"],
        "equal": same.to_json() == trace.to_json(),
        "failed": [
            (span.name, str(span.status.status_code), [event.name for event in span.events])
            for span in failed.data.spans
        ],
        "frame": list(mlflow.search_traces(locations=[experiment], max_results=2)["trace_id"].shape),
        "span filter": len(
            mlflow.search_traces(
                locations=[experiment], filter_string="span.attributes.kind = 'mul'", return_type="list"
            )
        ),
    }
    return trace.info.trace_id


def assess(experiment, trace_id):
    source = AssessmentSource(source_type="HUMAN", source_id="ana")
    first = mlflow.log_feedback(trace_id=trace_id, name="good", value=True, source=source, rationale="why")
    mlflow.log_expectation(trace_id=trace_id, name="expected", value={"a": [1, None]}, source=source)
    newer = mlflow.override_feedback(
        trace_id=trace_id, assessment_id=first.assessment_id, value=False, rationale="no", source=source
    )
    mlflow.update_assessment(
        trace_id=trace_id,
        assessment_id=newer.assessment_id,
        assessment=Feedback(name="good", value=False, rationale="changed", metadata={"m": "1"}),
    )
    found = mlflow.get_assessment(trace_id, newer.assessment_id)
    seen["assess"] = {
        "found": [found.name, found.value, found.rationale, found.metadata, found.source.source_id],
        "all": [(one.name, one.value, one.valid) for one in mlflow.get_trace(trace_id).info.assessments],
        "search": len(
            mlflow.search_traces(
                locations=[experiment], filter_string="feedback.good = 'false'", return_type="list"
            )
        ),
    }
    mlflow.delete_assessment(trace_id, newer.assessment_id)
    seen["assess"]["left"] = [(one.name, one.valid) for one in mlflow.get_trace(trace_id).info.assessments]


def change(experiment, run, trace_id):
    mlflow.set_trace_tag(trace_id, "k", "v")
    tags = mlflow.get_trace(trace_id).info.tags
    mlflow.delete_trace_tag(trace_id, "k")
    other = mlflow.search_traces(locations=[experiment], filter_string="name = 'fail'", return_type="list")[0]
    client.link_traces_to_run([other.info.trace_id], run)
    linked = mlflow.search_traces(locations=[experiment], run_id=run, return_type="list")
    seen["change"] = {
        "tag": tags["k"],
        "after": "k" in mlflow.get_trace(trace_id).info.tags,
        "linked": sorted(one.info.tags["mlflow.traceName"] for one in linked),
        "deleted": [
            client.delete_traces(experiment, trace_ids=[other.info.trace_id]),
            client.delete_traces(experiment, max_timestamp_millis=4_000_000_000_000, max_traces=2),
            client.delete_traces(experiment, max_timestamp_millis=4_000_000_000_000),
        ],
        "none": mlflow.get_trace(trace_id, silent=True) is None,
    }


if __name__ == "__main__":
    experiment, run = make()
    trace_id = read(experiment, run)
    assess(experiment, trace_id)
    change(experiment, run, trace_id)
    print(json.dumps(seen))
