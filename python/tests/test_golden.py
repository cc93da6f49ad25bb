import json
import math
import os
import subprocess
import sys
import threading
import time
import urllib.error
from http.server import BaseHTTPRequestHandler, HTTPServer

import models
import numpy as np
import pandas as pd
import pytest
from bucle import golden_document, golden_models
from bucle.golden_rows import stratify
from bucle.model import load
from worker_process import PYTHON_FOLDER


def build(folder, *paths, **given):
    datasets = [{"name": "customers", "version": 1, "paths": [str(path) for path in paths]}] if paths else []
    return golden_document.build_golden(load(folder), model_id="m-1", origin="job", datasets=datasets, **given)


def by_name(document):
    return {request["name"]: request for request in document["requests"]}


@pytest.fixture(scope="module")
def logistic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logistic")
    models.make_healthy("logistic", str(folder / "model"))
    return str(folder / "model")


def table_file(folder, **given):
    path = folder / "table.parquet"
    models.make_table(**given).to_parquet(path)
    return path


def test_the_input_example_is_answered_first(logistic):
    document = build(logistic)
    example = document["requests"][0]
    assert (example["name"], example["columns"], len(example["rows"])) == ("example", models.COLUMNS, 4)
    assert example["outputs"] == load(logistic).predict(example["columns"], example["rows"])
    assert example["error"] is None


def test_up_to_200_rows_of_a_dataset_that_covers_the_signature_are_sampled(logistic, tmp_path):
    document = build(logistic, table_file(tmp_path, rows=3_000))
    sample = by_name(document)["sample"]
    assert len(sample["rows"]) == len(sample["outputs"]) == 200
    late = [output[1] for output in sample["outputs"]]
    # Each class gets half, and the whole range of each is there.
    assert sum(one > 0.5 for one in late) == 100
    assert min(late) < 0.01 and max(late) > 0.99
    assert document["notes"] == ["dataset customers@1: columns cover the signature"]


def test_the_same_model_and_data_give_the_same_requests(logistic, tmp_path):
    path = table_file(tmp_path)
    assert build(logistic, path)["requests"] == build(logistic, path)["requests"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_rows_are_read_from_csv_and_json_lines_too(logistic, tmp_path, suffix):
    table, path = models.make_table(rows=300), tmp_path / f"table.{suffix}"
    table.to_csv(path, index=False) if suffix == "csv" else table.to_json(path, orient="records", lines=True)
    assert len(by_name(build(logistic, tmp_path))["sample"]["rows"]) == 200


def test_a_dataset_without_a_column_of_the_signature_is_passed_over_and_noted(logistic, tmp_path):
    path = tmp_path / "table.parquet"
    models.make_table().drop(columns="age").to_parquet(path)
    document = build(logistic, path)
    assert "sample" not in by_name(document)
    assert document["notes"] == ["dataset customers@1: its columns do not cover the signature"]


def test_each_column_has_its_edges_and_what_the_model_refuses_is_kept_as_an_error(logistic, tmp_path):
    requests = by_name(build(logistic, table_file(tmp_path)))
    edges = [name for name in requests if name.startswith("edge:")]
    numbers = [f"edge:{edge}:{name}" for name in models.NUMBERS for edge in ("null", "min", "max", "zero", "negative")]
    texts = [f"edge:{edge}:{name}" for name in models.CATEGORIES for edge in ("null", "unseen", "empty")]
    assert edges == [*numbers, *texts, "edge:null:*"]
    refused = requests["edge:null:age"]
    assert refused["outputs"] is None
    assert refused["error"].startswith("ValueError: Input X contains NaN.")
    assert requests["edge:unseen:plan"]["error"] is None


def test_a_missing_whole_number_is_recorded_as_refused(tmp_path):
    table = models.make_table()
    table["visits"] = table["visits"].astype("int64")
    model = models.pipeline(models._columns(models._one_hot(), models._imputed()), models.logistic())
    models.save(model.fit(table[models.COLUMNS], table["late"]), str(tmp_path / "m"), table[models.COLUMNS])
    request = by_name(build(str(tmp_path / "m")))["edge:null:visits"]
    assert request["error"].startswith("The column visits must be long, but it is missing in row 0.")


def test_the_document_says_where_it_was_made(logistic):
    environment = build(logistic)["environment"]
    assert environment["python"] == ".".join(map(str, sys.version_info[:3]))
    assert environment["packages"]["scikit-learn"] == __import__("sklearn").__version__
    assert environment["lock_digest"] is None


def save_plain(folder, predict, example, signature=None):
    import mlflow.pyfunc

    class Plain(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return predict(model_input)

    mlflow.pyfunc.save_model(
        str(folder), python_model=Plain(), signature=signature, input_example=example, pip_requirements=["mlflow"]
    )
    return str(folder)


def test_a_model_without_a_signature_has_its_example_only(tmp_path):
    from sklearn.linear_model import LinearRegression

    import mlflow.sklearn

    table = models.make_table()[models.NUMBERS]
    model = LinearRegression().fit(table.to_numpy(), table["age"])
    mlflow.sklearn.save_model(model, str(tmp_path / "m"), pip_requirements=["scikit-learn"], serialization_format="cloudpickle")
    document = build(str(tmp_path / "m"))
    assert document["requests"] == [] and document["signature"] is None
    assert "the model has no signature: only its input example is replayed" in document["notes"]


def test_an_array_is_recorded_as_a_tensor(tmp_path):
    from sklearn.linear_model import LinearRegression

    import mlflow.sklearn
    from mlflow.models import infer_signature

    data = models.make_table()[models.NUMBERS].to_numpy()
    model = LinearRegression().fit(data, data[:, 0])
    mlflow.sklearn.save_model(
        model, str(tmp_path / "m"), signature=infer_signature(data, model.predict(data)), input_example=data[:3],
        pip_requirements=["scikit-learn"], serialization_format="cloudpickle",
    )  # fmt: skip
    (request,) = build(str(tmp_path / "m"))["requests"]
    assert np.shape(request["tensor"]) == (3, 3)
    assert request["outputs"] == pytest.approx(data[:3, 0].tolist(), rel=1e-4)


def test_not_a_number_is_a_word_in_the_document(tmp_path):
    from mlflow.models import infer_signature

    example = pd.DataFrame({"x": [1.0, math.nan]})
    folder = save_plain(tmp_path / "m", lambda data: data["x"].to_numpy() / 0, example, infer_signature(example, [1.0]))
    request = build(folder)["requests"][0]
    assert (request["rows"], request["outputs"]) == ([[1.0], [None]], ["Infinity", "NaN"])


def test_a_model_that_is_not_deterministic_is_noted(tmp_path):
    from mlflow.models import infer_signature

    example = pd.DataFrame({"x": [1.0, 2.0]})
    noisy = lambda data: np.random.default_rng().random(len(data))  # noqa: E731
    folder = save_plain(tmp_path / "m", noisy, example, infer_signature(example, [1.0]))
    path = tmp_path / "t.csv"
    example.to_csv(path, index=False)
    assert "the model does not answer the same twice: it cannot pass parity" in build(folder, path)["notes"]


def test_a_document_that_would_be_too_large_loses_rows_and_says_so(logistic, tmp_path, monkeypatch):
    monkeypatch.setattr(golden_document, "MAX_BYTES", 20_000)
    document = build(logistic, table_file(tmp_path))
    assert len(golden_document.encode_golden(document)) <= 20_000
    assert "rows were left out to stay within 16 MiB" in document["notes"]
    sample = by_name(document)["sample"]
    assert len(sample["rows"]) == len(sample["outputs"]) < 200


def test_rare_classes_are_not_lost_in_the_sample():
    outputs = ["usual"] * 990 + ["rare"] * 10
    chosen = stratify(list(range(1_000)), outputs, 100)
    assert [at for at in chosen if at >= 990] == list(range(990, 1_000))


def run_golden(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "bucle.golden", *arguments], capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": PYTHON_FOLDER, **env},
    )  # fmt: skip


@pytest.fixture(scope="module")
def tracked(tmp_path_factory):
    """A run that logged two models, in a database of its own: (tracking URI, run id, model ids)."""
    import mlflow
    from sklearn.linear_model import LinearRegression

    folder = tmp_path_factory.mktemp("tracked")
    uri, before = f"sqlite:///{folder}/mlflow.db", mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    table = models.make_table()
    with mlflow.start_run(experiment_id=mlflow.create_experiment("golden", str(folder / "artifacts"))) as run:
        ids = [
            mlflow.sklearn.log_model(
                LinearRegression().fit(table[models.NUMBERS], table[target]), name=target,
                input_example=table[models.NUMBERS].head(2), pip_requirements=["scikit-learn"],
                serialization_format="cloudpickle",
            ).model_id
            for target in ("amount", "late")
        ]  # fmt: skip
    mlflow.set_tracking_uri(before)
    return uri, run.info.run_id, ids


def test_every_logged_model_of_a_run_is_recorded(tracked, tmp_path):
    uri, run_id, ids = tracked
    ended = run_golden("--run", run_id, "--tracking-uri", uri, "--out", str(tmp_path), "--input", str(table_file(tmp_path)))
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout.splitlines()[-1])
    assert [one["model_id"] for one in report["models"]] == ids
    for model_id in ids:
        document = json.loads((tmp_path / f"{model_id}.json").read_text())
        assert (document["model_id"], document["origin"]) == (model_id, "job")
        assert "sample" in by_name(document)


def test_a_model_that_cannot_be_loaded_is_exit_code_3(logistic, tmp_path):
    import shutil

    shutil.copytree(logistic, tmp_path / "broken")
    (tmp_path / "broken" / "model.pkl").write_bytes(b"not a pickle")
    ended = run_golden("--model", str(tmp_path / "broken"), "--out", str(tmp_path / "golden.json"))
    assert ended.returncode == 3
    assert "cannot be loaded" in ended.stderr
    assert not (tmp_path / "golden.json").exists()


class Store(BaseHTTPRequestHandler):
    """Refuses twice as a busy server does, then keeps what it is given."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append((self.path, self.headers.get("authorization"), body))
        self.send_response(503 if len(self.server.seen) <= 2 else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_an_upload_waits_for_a_server_that_is_away_and_then_busy(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret")
    server = HTTPServer(("127.0.0.1", 0), Store, bind_and_activate=False)
    server.seen = []
    server.server_bind()
    port = server.server_address[1]

    def later():
        time.sleep(0.7)
        server.server_activate()
        server.serve_forever(0.05)

    threading.Thread(target=later, daemon=True).start()
    golden_models.upload(f"http://127.0.0.1:{port}/", "m-1/2", b"{}", 30)
    server.shutdown()
    server.server_close()
    assert server.seen == [("/api/v1/logged-models/m-1%2F2/golden", "Bearer secret", b"{}")] * 3


def test_an_upload_gives_up_in_time():
    began = time.monotonic()
    with pytest.raises(urllib.error.URLError):
        golden_models.upload("http://127.0.0.1:9", "m-1", b"{}", 1)
    assert time.monotonic() - began < 3
