import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from bucle.frames import read_frame
from worker_process import Worker


@pytest.fixture(scope="module")
def chatty(tmp_path_factory):
    """A model that prints, and does what its column `what` says."""
    import mlflow.pyfunc
    from mlflow.models import infer_signature

    class Chatty(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            print("a line of the model, on standard output")
            os.write(1, b"bytes straight to descriptor 1\n")
            what = model_input["what"].iloc[0]
            if what == "raise":
                raise ValueError("the model is out of order")
            if what == "exit":
                sys.exit(3)
            if what == "dtypes":
                return [",".join(str(one) for one in model_input.dtypes)] * len(model_input)
            if what == "frame":
                return pd.DataFrame({"a": [1.5] * len(model_input), "b": ["x"] * len(model_input)})
            if what == "series":
                return pd.Series([np.nan, np.inf, -np.inf][: len(model_input)])
            if what == "big":
                return np.array([2**60] * len(model_input))
            if what == "short":
                return [1, 2, 3, 4]
            if what == "factor":
                return [params["factor"]] * len(model_input)
            return model_input["x"]

    example = pd.DataFrame({"what": ["x"], "x": [1.5], "f": np.float32([1]), "n": [1], "i": np.int32([1]), "b": [True]})
    example["when"] = pd.Timestamp("2026-01-02")
    folder = tmp_path_factory.mktemp("chatty") / "model"
    signature = infer_signature(example, [1.5], params={"factor": 2.0})
    mlflow.pyfunc.save_model(str(folder), python_model=Chatty(), signature=signature, pip_requirements=["mlflow"])
    return str(folder)


@pytest.fixture(scope="module")
def worker(chatty, tmp_path_factory):
    with open(tmp_path_factory.mktemp("log") / "log", "w+b") as log, Worker(log) as running:
        assert running.ask(op="load", path=chatty)["ok"]
        running.log = log.name
        yield running


COLUMNS = ["what", "x", "f", "n", "i", "b", "when"]


def row(**given):
    usual = {"what": "x", "x": 1, "f": 1, "n": 1, "i": 1, "b": True, "when": "2026-01-02T03:04:05Z"}
    return list({**usual, **given}.values())


def ask(worker, *rows, columns=COLUMNS, params=None):
    answer = worker.ask(op="predict", columns=columns, rows=list(rows), params=params)
    return answer["outputs"] if answer["ok"] else (answer["error"]["kind"], answer["error"]["message"])


def test_a_ping_is_answered_before_any_model_is_loaded(tmp_path):
    with open(tmp_path / "log", "wb") as log, Worker(log) as fresh:
        assert fresh.ask(op="ping") == {"ok": True}
        refused = fresh.ask(op="predict", columns=[], rows=[])
        assert refused == {"ok": False, "error": {"kind": "load", "message": "No model is loaded."}}


def test_loading_says_what_was_loaded_and_where(chatty, tmp_path):
    with open(tmp_path / "log", "wb") as log, Worker(log) as fresh:
        info = fresh.ask(op="load", path=chatty)["info"]
    assert info["flavor"] == "python_function"
    assert info["loader"] == "mlflow.pyfunc.model"
    assert info["python"] == ".".join(map(str, sys.version_info[:3]))
    assert info["packages"]["mlflow"] == "3.17.2"
    assert [one["name"] for one in info["signature"]["inputs"]] == COLUMNS
    assert info["seconds"] > 0


def test_a_folder_without_a_model_is_a_failure_to_load(tmp_path):
    with open(tmp_path / "log", "wb") as log, Worker(log) as fresh:
        answer = fresh.ask(op="load", path=str(tmp_path))
    assert answer["error"] == {"kind": "load", "message": f"There is no MLmodel file in {tmp_path}."}


def test_each_column_gets_the_type_that_the_signature_declares(worker):
    (dtypes,) = ask(worker, row(what="dtypes"))
    texts = "str" if pd.__version__ >= "3" else "object"
    assert dtypes == f"{texts},float64,float32,int64,int32,bool,datetime64[ns]"


def test_a_whole_number_in_a_double_column_is_a_double(worker):
    assert ask(worker, row(x=1), row(x="2.5")) == [1.0, 2.5]


def test_a_missing_number_and_the_words_for_numbers_come_back_as_words(worker):
    assert ask(worker, row(x=None), row(x="NaN"), row(x="-Infinity")) == ["NaN", "NaN", "-Infinity"]


def test_a_missing_value_in_a_whole_number_column_is_the_callers_fault(worker):
    assert ask(worker, row(), row(n=None)) == (
        "schema",
        "The column n must be long, but it is missing in row 1. Whole numbers cannot be missing: train on a double "
        "column if values may be absent.",
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n": 1.5}, "The column n must be long, but it is a number with a fraction in row 0."),
        ({"i": 2**31}, "The column i must be integer, but it is a whole number in row 0."),
        ({"x": "secret"}, "The column x must be double, but it is text in row 0."),
        ({"b": 1}, "The column b must be boolean, but it is a whole number in row 0."),
        ({"what": 5}, "The column what must be string, but it is a whole number in row 0."),
        ({"when": "tomorrow"}, "The column when must be datetime: ISO 8601, such as 2026-01-31T12:00:00Z."),
    ],
)
def test_what_cannot_be_cast_names_the_column_and_not_the_value(worker, given, message):
    assert ask(worker, row(**given)) == ("schema", message)


def test_missing_columns_are_named_and_unknown_ones_dropped(worker):
    assert ask(worker, [*row(x=7), "extra"], columns=[*COLUMNS, "extra"]) == [7.0]
    kind, message = ask(worker, row(), columns=["what", "y", "f", "m", "i", "b", "when"])
    assert kind == "schema"
    assert message == "The model is missing the columns x, n. There are columns that it does not know: y, m."


def test_columns_may_come_in_any_order(worker):
    assert ask(worker, row(x=3)[::-1], columns=COLUMNS[::-1]) == [3.0]


def test_each_kind_of_output_is_one_value_a_row(worker):
    assert ask(worker, row(what="frame"), row()) == [{"a": 1.5, "b": "x"}] * 2
    assert ask(worker, row(what="series"), row(), row()) == ["NaN", "Infinity", "-Infinity"]
    assert ask(worker, row(what="big")) == ["1152921504606846976"]
    assert ask(worker, row(what="short"), row()) == ("model", "The model answered 4 values for 2 rows.")


def test_no_rows_have_no_answers(worker):
    assert ask(worker) == []


def test_parameters_reach_the_model_and_wrong_ones_are_the_callers_fault(worker):
    assert ask(worker, row(what="factor")) == [2.0]
    assert ask(worker, row(what="factor"), params={"factor": 5.5}) == [5.5]
    kind, _ = ask(worker, row(what="factor"), params={"factor": "many"})
    assert kind == "schema"


def test_a_model_that_raises_or_exits_leaves_the_worker_alive(worker):
    assert ask(worker, row(what="raise")) == ("model", "ValueError: the model is out of order")
    assert ask(worker, row(what="exit"))[0] == "model"
    assert worker.ask(op="ping") == {"ok": True}


def test_what_the_model_prints_goes_to_the_log_and_never_into_an_answer(worker):
    assert ask(worker, row(x=4)) == [4.0]
    with open(worker.log, "rb") as log:
        text = log.read()
    assert b"bytes straight to descriptor 1" in text


def test_an_operation_that_does_not_exist_is_refused(worker):
    answer = worker.ask(op="explode")
    assert answer["error"]["kind"] == "schema"


def test_ten_thousand_rows_go_in_one_frame(worker):
    rows = [row(x=number) for number in range(10_000)]
    assert ask(worker, *rows) == [float(number) for number in range(10_000)]


def test_the_worker_ends_with_0_when_the_requests_end(chatty, tmp_path):
    with open(tmp_path / "log", "wb") as log, Worker(log) as fresh:
        fresh.ask(op="load", path=chatty)
        assert fresh.close() == 0


def test_the_worker_ends_with_0_when_nobody_reads_its_answers(tmp_path):
    with open(tmp_path / "log", "wb") as log, Worker(log) as fresh:
        fresh.ask(op="ping")
        os.close(fresh.answers)
        fresh.answers = os.open(os.devnull, os.O_RDONLY)
        fresh.send(op="ping")
        assert fresh.process.wait(20) == 0


def test_a_frame_that_is_too_large_ends_the_worker_with_2(tmp_path):
    with open(tmp_path / "log", "w+b") as log, Worker(log) as fresh:
        os.write(fresh.to, (2**31).to_bytes(4, "little"))
        assert fresh.process.wait(20) == 2
        assert b"at most 268435456 are allowed" in open(log.name, "rb").read()


def test_a_killed_worker_closes_its_pipe(tmp_path):
    with open(tmp_path / "log", "wb") as log, Worker(log) as fresh:
        fresh.ask(op="ping")
        fresh.process.send_signal(signal.SIGKILL)
        assert read_frame(fresh.answers) is None
        assert fresh.process.wait(20) == -signal.SIGKILL


def test_without_pipes_it_says_who_starts_it():
    ended = subprocess.run(
        [sys.executable, "-m", "bucle.worker"], capture_output=True, text=True, timeout=60, close_fds=True,
        env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (
        1,
        "bucle.worker is started by the gateway, with pipes on descriptors 3 and 4.\n",
    )


def test_starting_without_a_model_takes_less_than_a_second(tmp_path):
    began = time.monotonic()
    with open(tmp_path / "log", "wb") as log, Worker(log) as fresh:
        fresh.ask(op="ping")
        assert time.monotonic() - began < 1
