"""Fills an MLflow store with one of everything that an import has to carry; prints the ids of its runs."""

import json
import os
import sys
import tempfile

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression

uri, root = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
mlflow.set_tracking_uri(uri)
mlflow.set_registry_uri(uri)
client = MlflowClient()


def experiment(name, **more):
    place = {} if root is None else {"artifact_location": f"{root}/{name.split()[0]}"}
    return client.create_experiment(name, **place, **more)


flights = experiment("flights é", tags={"team": "red", "größe": "x\ny"})
gone = experiment("gone")
mlflow.set_experiment(experiment_id=flights)

frame = pd.DataFrame({"a": np.arange(40.0), "b": np.arange(40.0) % 3, "y": np.arange(40) % 2})
with mlflow.start_run(run_name="parent ☃", tags={"kind": "outer", "empty": ""}) as parent:
    mlflow.log_params({"depth": "3", "text": "zwei\nZeilen 🎉", "long": "x" * 5000, "1e5": "1e5", "null": "null"})
    for step in range(300):
        client.log_metric(parent.info.run_id, "loss", 1 / (step + 1), timestamp=1_700_000_000_000 + step, step=step) if step < 20 else None
    client.log_batch(
        parent.info.run_id,
        metrics=[Metric("curve/val", float(np.sin(i)), 1_700_000_000_000 + i // 3, i) for i in range(1000)],
    )
    for value in (float("nan"), float("inf"), float("-inf"), -0.0, 1e-320, 0.1 + 0.2):
        client.log_metric(parent.info.run_id, "odd", value, timestamp=1_700_000_000_000, step=-3)
    mlflow.log_input(mlflow.data.from_pandas(frame, source="s3://bucket/data.csv", name="flights"), context="training", tags={"x": "1"})
    mlflow.log_text("hello", "notes/hello wörld.txt")
    mlflow.log_text("", "empty.txt")
    mlflow.log_dict({"a": [1, 2]}, "config.json")
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("auc", 0.5)
        mlflow.set_tag("mlflow.note.content", "a *note*")

mlflow.sklearn.autolog(log_input_examples=False)
with mlflow.start_run(run_name="auto") as auto:
    fitted = LogisticRegression(C=0.5).fit(frame[["a", "b"]], frame["y"])
mlflow.sklearn.autolog(disable=True)
[logged] = client.search_logged_models([flights])
with mlflow.start_run(run_name="measured") as measured:
    for step in range(3):
        mlflow.log_metric("acc", 0.5 + step / 10, step=step, model_id=logged.model_id,
                          dataset=mlflow.data.from_pandas(frame, name="flights"))
    client.set_logged_model_tags(logged.model_id, {"owner": "ada"})

failed = client.create_run(flights, start_time=5, tags={"mlflow.user": "ada"})
client.set_terminated(failed.info.run_id, "FAILED", end_time=9)
removed = client.create_run(flights, run_name="removed")
client.log_metric(removed.info.run_id, "m", 1.0)
client.delete_run(removed.info.run_id)
lost = client.create_run(gone, run_name="lost")
client.log_param(lost.info.run_id, "p", "1")
client.delete_experiment(gone)
doomed = client.create_logged_model(flights, name="doomed", params={"p": "q"})
client.delete_logged_model(doomed.model_id)

client.create_registered_model("flights-model", tags={"stage": "prod"}, description="Delays, größer")
client.create_model_version("flights-model", f"models:/{logged.model_id}", auto.info.run_id, tags={"v": "1"}, description="first", model_id=logged.model_id)
client.create_model_version("flights-model", f"models:/{logged.model_id}", auto.info.run_id, model_id=logged.model_id)
client.create_model_version("flights-model", f"models:/{logged.model_id}", auto.info.run_id, model_id=logged.model_id)
client.delete_model_version("flights-model", "2")
client.set_registered_model_alias("flights-model", "champion", "1")
client.transition_model_version_stage("flights-model", "3", "Staging")
prompts = True
try:
    mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}", commit_message="first")
    mlflow.genai.register_prompt(name="greeting", template="Good day {{name}}", commit_message="second")
    mlflow.genai.set_prompt_alias("greeting", alias="production", version=1)
except Exception:
    prompts = False

with tempfile.TemporaryDirectory():
    print(json.dumps({
        "flights": flights, "gone": gone, "parent": parent.info.run_id, "child": child.info.run_id, "auto": auto.info.run_id,
        "measured": measured.info.run_id, "failed": failed.info.run_id, "removed": removed.info.run_id,
        "lost": lost.info.run_id, "model": logged.model_id, "doomed": doomed.model_id, "prompts": prompts,
    }))
