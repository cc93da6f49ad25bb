"""What else an unmodified MLflow client does. Each part raises when it sees what MLflow's own server would not show it.

Ends with a line of JSON: the names of the parts that came through.
"""

import json
import os
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

import matplotlib  # noqa: E402

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag, ViewType  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

client = MlflowClient()
frame = pd.DataFrame({"a": np.linspace(-1, 1, 60), "b": np.linspace(1, 0, 60)})
labels = (frame["a"] + 0.1 > frame["b"]).astype(int)
parts = []


def part(function):
    parts.append(function)
    return function


def new_experiment(name):
    return client.create_experiment(f"{name}-{uuid.uuid4().hex[:6]}")


def refused(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, error.message)
        return error.message
    raise AssertionError(f"{call} was not refused")


@part
def nested_runs():
    mlflow.set_experiment(experiment_id=new_experiment("nested"))
    with mlflow.start_run() as parent:
        children = []
        for depth in range(3):
            with mlflow.start_run(nested=True, run_name=f"child {depth}") as child:
                mlflow.log_param("depth", depth)
                children.append(child.info.run_id)
    found = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert set(found["run_id"]) == set(children)
    assert client.get_parent_run(children[0]).info.run_id == parent.info.run_id


@part
def resumed_run():
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 2, step=0)
    assert client.get_run(run.info.run_id).info.status == "FINISHED"
    with mlflow.start_run(run_id=run.info.run_id):
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("loss", 1, step=1)
    found = client.get_run(run.info.run_id)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"loss": 1.0})
    try:
        with mlflow.start_run() as failed:
            raise RuntimeError("training broke")
    except RuntimeError:
        pass
    assert client.get_run(failed.info.run_id).info.status == "FAILED"


@part
def names_of_runs():
    with mlflow.start_run(run_name="one") as run:
        assert run.data.tags["mlflow.runName"] == "one"
        mlflow.set_tag("mlflow.runName", "two")
        assert client.get_run(run.info.run_id).info.run_name == "two"
        client.update_run(run.info.run_id, name="three")
    found = client.get_run(run.info.run_id)
    assert (found.info.run_name, found.data.tags["mlflow.runName"]) == ("three", "three")
    for name in ("mlflow.user", "mlflow.source.name", "mlflow.source.type"):
        assert name in found.data.tags, name
    with mlflow.start_run() as unnamed:
        assert unnamed.info.run_name == unnamed.data.tags["mlflow.runName"] != ""


@part
def odd_names():
    with mlflow.start_run(run_name="ünïcode / \"quotes\" 'and' 🎈", tags={"a$b (c)": "any name"}) as run:
        mlflow.log_metric("val/loss: é 日本", 0.5)
        mlflow.log_param("a b/c.d-e_f:g", "x" * 6000)
        mlflow.set_tag("emoji", "🎈" * 8000)
    found = client.get_run(run.info.run_id)
    assert found.info.run_name == "ünïcode / \"quotes\" 'and' 🎈"
    assert found.data.metrics == {"val/loss: é 日本": 0.5}
    assert found.data.params == {"a b/c.d-e_f:g": "x" * 6000}
    assert (found.data.tags["emoji"], found.data.tags["a$b (c)"]) == ("🎈" * 8000, "any name")
    for key in ("a$b", "../x", "a//b", "k" * 251):
        refused("INVALID_PARAMETER_VALUE", client.log_metric, run.info.run_id, key, 1)
        refused("INVALID_PARAMETER_VALUE", client.log_param, run.info.run_id, key, 1)
        refused("INVALID_PARAMETER_VALUE", client.set_tag, run.info.run_id, key, 1)


@part
def params_never_change():
    run = client.create_run(new_experiment("params")).info.run_id
    client.log_param(run, "depth", 3)
    client.log_param(run, "depth", 3)
    message = refused("INVALID_PARAMETER_VALUE", client.log_param, run, "depth", 4)
    assert "was already logged with value='3'" in message
    refused("INVALID_PARAMETER_VALUE", client.log_batch, run, params=[Param("depth", "5"), Param("rate", "1")])
    assert client.get_run(run).data.params == {"depth": "3"}


@part
def pages():
    experiment = new_experiment("pages")
    made = [client.create_run(experiment, start_time=i + 1).info.run_id for i in range(25)]
    found, token = [], None
    while True:
        page = client.search_runs([experiment], max_results=7, page_token=token)
        found += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    assert found == made[::-1]
    client.delete_run(made[0])
    count = lambda view: len(client.search_runs([experiment], run_view_type=view))  # noqa: E731
    assert [count(view) for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL)] == [24, 1, 25]
    names = {one.name for one in mlflow.search_experiments(filter_string="name LIKE 'pages-%'")}
    assert len(names) == 1


@part
def history():
    run = client.create_run(new_experiment("history")).info.run_id
    for start in range(0, 3000, 1000):
        points = [Metric("loss", 1 / (i + 1), i, i) for i in range(start, start + 1000)]
        client.log_batch(run, metrics=points)
    client.log_batch(run, metrics=points, tags=[RunTag("twice", "yes")])
    found = client.get_metric_history(run, "loss")
    assert [(point.step, point.value) for point in found] == [(i, 1 / (i + 1)) for i in range(3000)]
    assert client.get_metric_history(run, "nothing") == []


@part
def eight_writers():
    run = client.create_run(new_experiment("writers")).info.run_id
    errors = []

    def write(writer):
        try:
            mine = MlflowClient()
            for step in range(25):
                mine.log_metric(run, "shared", writer, timestamp=step * 8 + writer, step=step)
                mine.set_tag(run, "last", str(writer))
            mine.log_param(run, f"param{writer}", writer)
            mine.log_text(run, str(writer), f"texts/{writer}.txt")
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    found = client.get_run(run).data
    assert found.params == {f"param{writer}": str(writer) for writer in range(8)}
    assert found.metrics == {"shared": 7.0}
    assert len(client.get_metric_history(run, "shared")) == 200
    assert len(client.list_artifacts(run, "texts")) == 8


@part
def asynchronous():
    mlflow.set_experiment(experiment_id=new_experiment("async"))
    with mlflow.start_run() as run:
        for step in range(50):
            mlflow.log_metric("loss", step, step=step, synchronous=False)
        mlflow.log_params({"a": 1, "b": 2}, synchronous=False)
        mlflow.set_tag("t", "x", synchronous=False).wait()
        mlflow.flush_async_logging()
    found = client.get_run(run.info.run_id).data
    assert (found.metrics, found.params, found.tags["t"]) == ({"loss": 49.0}, {"a": "1", "b": "2"}, "x")


@part
def artifacts():
    with mlflow.start_run() as run:
        figure, axes = plt.subplots()
        axes.plot([0, 1])
        mlflow.log_figure(figure, "figures/line.png")
        plt.close(figure)
        mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), "images/black.png")
        mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), key="steps", step=3)
        mlflow.log_dict({"a": [1, {"b": None}]}, "dicts/a.yaml")
        mlflow.log_table(pd.DataFrame({"q": ["x", "y"], "n": [1, 2]}), "tables/t.json")
        mlflow.log_table({"q": ["z"], "n": [3]}, "tables/t.json")
        with tempfile.TemporaryDirectory() as folder:
            for name in ("empty", "ünï 100% 1 + x.txt", "deep/er/file.bin"):
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"" if name == "empty" else name.encode() * 1000)
            mlflow.log_artifacts(folder, "folder")
    run_id = run.info.run_id
    assert list(mlflow.load_table("tables/t.json", run_ids=[run_id])["n"]) == [1, 2, 3]
    assert mlflow.artifacts.load_image(f"runs:/{run_id}/images/black.png").size == (4, 4)
    listed = {item.path: item.file_size for item in client.list_artifacts(run_id, "folder")}
    assert set(listed) == {"folder/empty", "folder/ünï 100% 1 + x.txt", "folder/deep"}, listed
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="folder", dst_path=folder)
        assert Path(path, "empty").read_bytes() == b""
        assert Path(path, "ünï 100% 1 + x.txt").read_bytes() == "ünï 100% 1 + x.txt".encode() * 1000
        assert Path(path, "deep/er/file.bin").stat().st_size == 16_000
    assert client.list_artifacts(run_id, "nothing") == []


@part
def datasets():
    experiment = new_experiment("datasets")
    mlflow.set_experiment(experiment_id=experiment)
    dataset = mlflow.data.from_pandas(frame.assign(y=labels), name="flights", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training", tags={"split": "a"})
        mlflow.log_input(dataset, context="other")
        mlflow.log_input(mlflow.data.from_numpy(frame.to_numpy(), name="matrix"))
    inputs = {one.dataset.name: one for one in client.get_run(run.info.run_id).inputs.dataset_inputs}
    assert set(inputs) == {"flights", "matrix"}
    assert {tag.key: tag.value for tag in inputs["flights"].tags} == {"split": "a", "mlflow.data.context": "training"}
    assert inputs["flights"].dataset.digest == dataset.digest
    assert json.loads(inputs["flights"].dataset.profile)["num_rows"] == 60
    assert len(mlflow.search_runs(filter_string=f"dataset.digest = '{dataset.digest}'")) == 1


@part
def evaluated():
    mlflow.set_experiment(experiment_id=new_experiment("evaluated"))
    with mlflow.start_run() as run:
        logged = mlflow.sklearn.log_model(LogisticRegression().fit(frame, labels), name="clf", pip_requirements=[])
        data = mlflow.data.from_pandas(frame.assign(y=labels), name="test", targets="y")
        result = mlflow.models.evaluate(
            logged.model_uri, data, model_type="classifier", evaluator_config={"log_model_explainability": False}
        )
    found = client.get_run(run.info.run_id)
    assert found.data.metrics["accuracy_score"] == result.metrics["accuracy_score"]
    assert "confusion_matrix.png" in {item.path for item in client.list_artifacts(run.info.run_id)}
    model = mlflow.get_logged_model(logged.model_id)
    assert {metric.key for metric in model.metrics} >= {"accuracy_score", "f1_score"}


@part
def registry():
    name = f"model-{uuid.uuid4().hex[:6]}"
    with mlflow.start_run():
        model = LogisticRegression().fit(frame, labels)
        for _ in range(2):
            mlflow.sklearn.log_model(model, name="clf", registered_model_name=name, pip_requirements=[])
    client.set_registered_model_alias(name, "champion", "1")
    assert client.get_model_version_by_alias(name, "champion").version == "1"
    client.set_model_version_tag(name, "2", "k", "v")
    client.update_model_version(name, "2", description="better")
    client.transition_model_version_stage(name, "2", "Production")
    assert [one.version for one in client.get_latest_versions(name, ["Production"])] == ["2"]
    for uri in (f"models:/{name}/1", f"models:/{name}@champion", f"models:/{name}/Production", f"models:/{name}/latest"):
        assert (mlflow.sklearn.load_model(uri).coef_ == model.coef_).all(), uri
    found = {one.version: one for one in client.search_model_versions(f"name = '{name}'")}
    assert (found["2"].description, found["2"].tags["k"]) == ("better", "v")
    client.rename_registered_model(name, f"{name}-b")
    client.delete_model_version(f"{name}-b", "1")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, f"{name}-b", "1")
    client.delete_registered_model(f"{name}-b")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, f"{name}-b")


@part
def deleted_and_restored():
    experiment = new_experiment("gone")
    name = client.get_experiment(experiment).name
    run = client.create_run(experiment).info.run_id
    client.delete_experiment(experiment)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    refused("INVALID_PARAMETER_VALUE", client.create_run, experiment)
    refused("RESOURCE_ALREADY_EXISTS", client.create_experiment, name)
    refused("INVALID_PARAMETER_VALUE", client.set_experiment_tag, experiment, "a", "b")
    refused("RESOURCE_DOES_NOT_EXIST", client.delete_experiment, experiment)
    client.restore_experiment(experiment)
    assert client.get_run(run).info.lifecycle_stage == "active"
    refused("RESOURCE_DOES_NOT_EXIST", client.get_experiment, "999999")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_run, "nope")


if __name__ == "__main__":
    mlflow.set_experiment("wide")
    done, broken = [], {}
    for function in parts:
        began = time.monotonic()
        try:
            function()
            done.append(function.__name__)
        except Exception as error:  # noqa: BLE001
            broken[function.__name__] = f"{type(error).__name__}: {error}"
        finally:
            while mlflow.active_run():
                mlflow.end_run()
        sys.stderr.write(f"{function.__name__} {time.monotonic() - began:.1f} s\n")
    sys.stdout.write(f"\n{json.dumps({'done': done, 'broken': broken})}\n")
