"""The helper against a real server."""

import ast
import json
import subprocess
import sys
import threading
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pandas
import pytest
from server_process import ROOT, Server, node

from bucle.client import BucleError, Client, LabelReceipt, Unreachable
from bucle.client.records import to_window

SERVED = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
SERVED_MS = int(SERVED.timestamp() * 1000)


def id_of(number):
    return f"0199b2c4-0000-7000-8000-{number:012x}"


def captured(number):
    return {
        "id": id_of(number), "endpoint": "flights", "deployment": "d-1", "version": "version:flights/1",
        "received_at": SERVED_MS, "event_time": SERVED_MS, "key": None, "keys": None, "event_times": None,
        "protocol": "mlflow", "caller": None, "columns": ["carrier", "distance"],
        "rows": [["UA", 1400], ["AA", 300]], "tensor": None, "outputs": [0.25, 0.75],
        "queue_us": 12, "compute_us": 345,
    }  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    try:
        meaning = {"kind": "probability", "column": None, "threshold": 0.5}
        server.ask("POST", "/api/v1/endpoints", {"name": "flights", "prediction": meaning})
        server.ask("PUT", "/api/v1/monitors/flights", {})
        server.capture(str(uuid.uuid4()), 0, [captured(number) for number in range(1, 4)])
        yield server
    finally:
        server.close()


@pytest.fixture
def bucle(server):
    return Client(server.url)


def test_a_label_is_told_by_the_id_of_its_prediction_and_shown_with_it(bucle):
    receipt = bucle.label("flights", prediction=f"{id_of(1)}.1", value=1, label_time=SERVED)
    assert (receipt.received, receipt.kept) == (1, 1)
    found = bucle.prediction(f"{id_of(1)}.1")
    assert (found.endpoint, found.version, found.event_time) == ("flights", "flights/1", SERVED)
    assert found.row.id == f"{id_of(1)}.1"
    assert (found.row.inputs, found.row.output) == ({"carrier": "AA", "distance": 300}, 0.75)


def test_the_label_of_a_prediction_is_there_once_it_joined(bucle):
    bucle.label("flights", prediction=f"{id_of(2)}.0", value=0)
    for _ in range(100):
        row = bucle.prediction(id_of(2)).rows[0]
        if row.label is not None:
            break
        threading.Event().wait(0.1)
    assert (row.label.value, row.label.censored) == (0, None)
    assert bucle.prediction(id_of(2)).rows[1].label is None


def test_what_is_no_label_is_raised_for_one_and_counted_among_many(bucle):
    with pytest.raises(BucleError, match="7 is no label of this endpoint") as refused:
        bucle.label("flights", prediction=f"{id_of(1)}.0", value=7)
    assert refused.value.code == "LABELS_INVALID"
    labels = [{"key": "k-1", "value": 1}, {"value": 1}, {"key": "k-2", "censored": "cancelled"}]
    receipt = bucle.label_many("flights", labels)
    assert (receipt.received, receipt.kept, receipt.censored) == (3, 2, 1)
    assert [refusal.line for refusal in receipt.refusals] == [2]


def test_the_same_labels_sent_again_are_counted_once(bucle, server):
    labels = [{"prediction": f"{id_of(3)}.{row}", "value": row, "label_time": SERVED} for row in range(2)]
    first = bucle.label_many("flights", labels)
    before = server.ask("GET", "/api/v1/endpoints/flights/labels")["received"]
    assert bucle.label_many("flights", iter(labels)) == first
    assert server.ask("GET", "/api/v1/endpoints/flights/labels")["received"] == before
    assert bucle.label_many("flights", labels, key="another").outcomes["repeated"] == 2


def test_a_frame_gives_its_columns_whatever_their_types(bucle):
    frame = pandas.DataFrame({
        "bucle_id": [f"{id_of(3)}.0", f"{id_of(3)}.1", None],
        "key": [None, None, "in-a-frame"],
        "late": pandas.array([True, None, 0], dtype="Int64"),
        "why": [None, "cancelled", None],
        "label_time": pandas.to_datetime(["2026-03-03", None, "2026-03-04"]),
        "else": ["x", "y", "z"],
    })  # fmt: skip
    columns = {"prediction": "bucle_id", "value": "late", "censored": "why"}
    receipt = bucle.label_many("flights", frame, columns=columns)
    assert (receipt.received, receipt.kept, receipt.censored, receipt.refusals) == (3, 3, 1, ())
    with pytest.raises(ValueError, match="no field of a label"):
        bucle.label_many("flights", frame, columns={"truth": "late"})


def test_receipts_of_parts_add_up_and_count_lines_through():
    labels = LabelReceipt(3, {"accepted": 3}, 0, ())
    whole = labels.plus(LabelReceipt(2, {"accepted": 1, "invalid": 1}, 1, ()), before=3)
    assert (whole.received, whole.outcomes, whole.censored) == (5, {"accepted": 4, "invalid": 1}, 1)


def test_dataset_versions_are_listed_resolved_and_downloaded_whole(bucle, server, tmp_path):
    source = tmp_path / "source"
    (source / "part").mkdir(parents=True)
    (source / "flights.csv").write_text("carrier,late\nUA,1\n")
    (source / "part" / "a b.csv").write_text("carrier,late\nAA,0\n")
    push = ["data", "push", "flights", str(source), "--message", "first", "--url", server.url]
    pushed = subprocess.run(node("server/src/cli/main.ts", *push), capture_output=True, text=True)
    assert pushed.returncode == 0, pushed.stderr
    (dataset,) = bucle.datasets()
    assert (dataset.name, dataset.versions, dataset.latest.ref) == ("flights", 1, "flights@1")
    version = bucle.version("flights")
    assert version == bucle.version("dataset:flights@1") == bucle.versions("flights")[0]
    assert (version.files, version.message, version.created_at.tzinfo) == (2, "first", timezone.utc)
    assert bucle.files("flights@1") == {"flights.csv": 18, "part/a b.csv": 18}
    folder = bucle.download("flights", tmp_path / "here")
    assert (folder / "part" / "a b.csv").read_text() == "carrier,late\nAA,0\n"
    (folder / "flights.csv").write_text("spoiled")
    bucle.download("flights", folder)
    assert (folder / "flights.csv").read_text() == "carrier,late\nUA,1\n"
    assert sorted(file.name for file in folder.rglob("*") if file.is_file()) == ["a b.csv", "flights.csv"]


def test_quality_is_a_record_for_a_table_and_windows_need_a_version_that_serves(bucle):
    for _ in range(100):
        qualities = bucle.quality("flights", limit=5)
        if qualities and qualities[0].predictions == 6:
            break
        threading.Event().wait(0.1)
    (quality,) = qualities
    assert (quality.state, quality.predictions) == ("provisional", 6)
    assert quality.start <= SERVED < quality.end
    frame = pandas.DataFrame(one.record() for one in qualities)
    assert set(frame.columns) >= {"start", "labelled", "coverage", "verdict", "log_loss", "log_loss_low"}
    assert bucle.windows("flights") == []


def test_a_window_says_what_alarmed():
    answer = {"start": SERVED_MS, "end": SERVED_MS + 1, "state": "closed", "rows": 6, "late": 0,
              "version": "version:flights/1", "alarms": {"data_drift": ["carrier"]}}  # fmt: skip
    window = to_window(answer)
    assert (window.start, window.version, window.alarms) == (SERVED, "flights/1", {"data_drift": ["carrier"]})
    assert window.record()["alarms"] == "data_drift"


def test_a_refusal_says_what_to_do_and_nobody_is_said_to_be_nobody(bucle):
    with pytest.raises(BucleError) as refused:
        bucle.version("none@3")
    assert (refused.value.status, refused.value.code) == (404, "DATA_DATASET_NOT_FOUND")
    assert refused.value.next_step in str(refused.value)
    assert refused.value.request is not None
    with pytest.raises(Unreachable, match="bucle up"):
        Client("http://127.0.0.1:9", tries=1).datasets()
    with pytest.raises(ValueError, match="no address of a Bucle"):
        Client("flights")


def test_a_request_is_sent_again_with_the_same_key_when_its_answer_is_lost():
    seen = []

    class Flaky(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append((self.headers["idempotency-key"], self.headers["authorization"],
                         self.rfile.read(int(self.headers["content-length"]))))  # fmt: skip
            if len(seen) == 1:
                self.connection.close()
                return
            body = json.dumps({"received": 1, "outcomes": {"accepted": 1}, "censored": 0, "refusals": []}).encode()
            self.send_response(503 if len(seen) == 2 else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    flaky = HTTPServer(("127.0.0.1", 0), Flaky)
    threading.Thread(target=flaky.serve_forever, daemon=True).start()
    try:
        client = Client(f"http://127.0.0.1:{flaky.server_port}", token="secret")
        assert client.label("flights", key="k", value=1).received == 1
    finally:
        flaky.shutdown()
        flaky.server_close()
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert seen[0][1] == "Bearer secret"


def test_address_and_token_come_from_the_environment(monkeypatch):
    for name in ("BUCLE_URL", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    assert repr(Client()) == "Client('http://127.0.0.1:7070')"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    assert repr(Client()) == "Client('http://127.0.0.1:7070')"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000/")
    assert repr(Client()) == "Client('http://mlflow:5000')"
    monkeypatch.setenv("BUCLE_URL", "https://bucle.example")
    assert repr(Client()) == "Client('https://bucle.example')"


def test_it_needs_nothing_but_the_standard_library_and_says_all_its_types():
    code = "import sys, bucle.client; print(*{name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    folder = ROOT / "python"
    loaded = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=folder, check=True)
    assert set(loaded.stdout.split()) <= {"bucle", "__main__"}
    for file in (folder / "bucle" / "client").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                said = [one.annotation for one in node.args.args + node.args.kwonlyargs if one.arg != "self"]
                assert node.returns is not None and None not in said, f"{Path(file).name}: {node.name}"
