"""What an unmodified MLflow client does in a training script. Ends with a line of JSON: what it saw."""

import json
import os
import sys
import tempfile

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

client = MlflowClient()
seen = {}
frame = pd.DataFrame({"a": np.linspace(-1, 1, 60), "b": np.linspace(1, 0, 60)})
labels = (frame["a"] + 0.1 > frame["b"]).astype(int)


def classic():
    mlflow.set_experiment("flights é")
    with mlflow.start_run(run_name="first", tags={"team": "red"}, description="notes") as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "kind": "tree"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.9, "broken": float("nan"), "endless": float("inf")}, step=4)
        mlflow.set_tag("stage", "trial")
        mlflow.set_tags({"x": "1", "y": "2"})
        client.delete_tag(run.info.run_id, "y")
        mlflow.log_text("hello", "notes/hello wörld.txt")
        mlflow.log_dict({"a": 1}, "config.json")
        mlflow.log_table({"p": [1, 2]}, "table.json")
        mlflow.log_input(mlflow.data.from_pandas(frame, name="flights", targets=None), context="training")
    found = client.get_run(run.info.run_id)
    history = client.get_metric_history(run.info.run_id, "loss")
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/notes/hello wörld.txt", dst_path=folder)
        with open(path) as file:
            text = file.read()
    seen["classic"] = {
        "status": found.info.status,
        "name": found.info.run_name,
        "params": found.data.params,
        "metrics": {key: str(value) for key, value in found.data.metrics.items()},
        "tags": {key: found.data.tags.get(key) for key in ("team", "stage", "x", "y", "mlflow.note.content")},
        "history": [(point.step, point.value) for point in history],
        "artifacts": [(item.path, item.is_dir) for item in client.list_artifacts(run.info.run_id)],
        "nested": [item.path for item in client.list_artifacts(run.info.run_id, "notes")],
        "text": text,
        "inputs": [(item.dataset.name, [tag.value for tag in item.tags]) for item in found.inputs.dataset_inputs],
    }
    return run.info


def search(info):
    with mlflow.start_run(run_name="second"):
        mlflow.log_metric("auc", 0.5)
    names = lambda **kwargs: list(  # noqa: E731
        mlflow.search_runs([info.experiment_id], output_format="pandas", **kwargs)["tags.mlflow.runName"]
    )
    seen["search"] = {
        "filter": names(filter_string="metrics.auc > 0.8 and params.kind = 'tree' and tags.team ILIKE 'RE%'"),
        "order": names(order_by=["metrics.auc ASC"]),
        "attribute": names(filter_string="attributes.run_name LIKE 'sec%'"),
        "dataset": names(filter_string="dataset.name = 'flights' and dataset.context = 'training'"),
        "experiments": [one.name for one in client.search_experiments(filter_string="name LIKE 'flights%'")],
    }
    try:
        mlflow.search_runs([info.experiment_id], filter_string="bogus.x = 1")
    except mlflow.exceptions.MlflowException as error:
        seen["search"]["error"] = [error.error_code, error.message[:80]]


def autolog():
    mlflow.sklearn.autolog()
    with mlflow.start_run(run_name="auto") as run:
        LogisticRegression(C=0.5).fit(frame, labels)
    mlflow.sklearn.autolog(disable=True)
    found = client.get_run(run.info.run_id)
    models = client.search_logged_models(
        [run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'", max_results=100
    )
    seen["autolog"] = {
        "C": found.data.params["C"],
        "metrics": sorted(found.data.metrics)[:2],
        "inputs": len(found.inputs.dataset_inputs),
        "outputs": len(found.outputs.model_outputs),
        "models": [(str(model.status), model.params["C"]) for model in models],
    }


def models():
    model = LogisticRegression().fit(frame, labels)
    with mlflow.start_run(run_name="by hand") as run:
        logged = mlflow.sklearn.log_model(
            model, name="clf", signature=infer_signature(frame, labels), input_example=frame.head(3), params={"p": "1"},
            pip_requirements=["scikit-learn"],
        )
        mlflow.log_metric("auc", 0.75, model_id=logged.model_id, dataset=mlflow.data.from_pandas(frame, name="test"))
    found = mlflow.get_logged_model(logged.model_id)
    loaded = mlflow.pyfunc.load_model(f"models:/{logged.model_id}")
    by_run = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/clf")
    client.set_logged_model_tags(logged.model_id, {"good": "yes"})
    client.delete_logged_model_tag(logged.model_id, "good")
    ranked = mlflow.search_logged_models(
        [run.info.experiment_id],
        filter_string="metrics.auc >= 0.5 AND name = 'clf'",
        order_by=[{"field_name": "metrics.auc", "ascending": False}],
        output_format="list",
    )
    seen["models"] = {
        "id": logged.model_id,
        "run": run.info.run_id,
        "status": str(found.status),
        "params": found.params,
        "metrics": [(metric.key, metric.value, metric.dataset_name) for metric in found.metrics],
        "signature": loaded.metadata.signature is not None,
        "same": bool((loaded.predict(frame) == model.predict(frame)).all() and (by_run.coef_ == model.coef_).all()),
        "ranked": [one.model_id == logged.model_id for one in ranked],
    }


def lifecycle():
    experiment = client.create_experiment("scratch")
    run = client.create_run(experiment)
    client.log_batch(run.info.run_id, metrics=[mlflow.entities.Metric(f"m{i}", i, 0, 0) for i in range(1000)])
    client.delete_run(run.info.run_id)
    try:
        client.log_metric(run.info.run_id, "late", 1)
        refused = None
    except mlflow.exceptions.MlflowException as error:
        refused = error.error_code
    client.restore_run(run.info.run_id)
    client.delete_experiment(experiment)
    client.restore_experiment(experiment)
    client.rename_experiment(experiment, "scratch 2")
    client.set_experiment_tag(experiment, "k", "v")
    parent = client.get_experiment_by_name("scratch 2")
    seen["lifecycle"] = {
        "metrics": len(client.get_run(run.info.run_id).data.metrics),
        "refused": refused,
        "experiment": [parent.name, parent.lifecycle_stage, parent.tags],
    }


if __name__ == "__main__":
    info = classic()
    search(info)
    autolog()
    models()
    lifecycle()
    sys.stdout.write(f"\n{json.dumps(seen)}\n")
