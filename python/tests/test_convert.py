import json
import os
import subprocess
import sys
import time

import models
import numpy as np
import pytest
from bucle import convert as convert_program
from bucle.convert_model import convert
from models import CATEGORIES, COLUMNS, NUMBERS, hist_boosting, logistic, make_table, pipeline
from models import _columns, _one_hot, _ordinal
from worker_process import PYTHON_FOLDER

HEALTHY = list(models.recipes())


@pytest.mark.parametrize("name", HEALTHY)
def test_each_healthy_kind_of_model_is_converted_and_proven(made, name):
    conversion = json.loads((made / "healthy" / name / "onnx" / "conversion.json").read_text())
    proof = conversion["proof"]
    assert (conversion["converted"], conversion["proven"], conversion["reason"]) == (True, True, None)
    assert proof["label_flips"] == 0
    assert proof["max_difference"] <= 1e-4
    assert proof["rows"] >= 1_000
    if name.startswith(("hist", "forest", "boosting")):
        assert proof["adversarial_rows"] >= 500


def outcome(saved, name, model, data, target, function="predict_proba"):
    return convert(*saved(name, model, data, target, function))[1]


def test_the_description_says_how_to_feed_the_form_and_what_comes_out(made):
    conversion = json.loads((made / "healthy" / "hist-ordinal" / "onnx" / "conversion.json").read_text())
    assert conversion["columns"] == COLUMNS
    assert conversion["inputs"] == [
        {"name": f"c{at}", "type": kind, "column": name, "missing": missing}
        for at, (name, kind, missing) in enumerate(
            [*((name, "float", "nan") for name in NUMBERS), *((name, "string", "token:bucle:missing") for name in CATEGORIES)]
        )
    ]
    assert conversion["output"] == {"name": "probabilities", "kind": "probability", "classes": [0, 1]}
    assert conversion["opset"] == 21


def test_a_model_of_numbers_takes_one_tensor_of_all_columns(made):
    conversion = json.loads((made / "healthy" / "support-vectors" / "onnx" / "conversion.json").read_text())
    assert conversion["inputs"] == [{"name": "X", "type": "float", "column": None, "missing": "refuse"}]
    assert conversion["output"] == {"name": "output_label", "kind": "label", "classes": ["bronze", "gold", "silver"]}


@pytest.mark.parametrize("columns", [[3, 4], ["plan", "region"]])
def test_native_categories_are_refused(saved, columns):
    table = make_table()
    if columns == [3, 4]:
        model, data = pipeline(_columns(_ordinal()), hist_boosting(categorical_features=columns)), table[COLUMNS]
    else:
        coded = table[COLUMNS].assign(**{name: table[name].astype("category").cat.codes.astype("float32") for name in columns})
        model, data = hist_boosting(categorical_features=columns), coded
    found = outcome(saved, f"native-{columns[0]}", model, data, table["late"])
    assert not found["converted"]
    assert "was trained with categorical_features" in found["reason"]


def test_a_forest_trained_with_missing_values_answers_the_same_or_is_not_proven(saved):
    table = make_table(missing=True)
    folder, golden = saved("forest-nan", pipeline(_columns(_one_hot()), models.forest()), table[COLUMNS], table["late"])
    data, found = convert(folder, golden)
    assert found["proven"], found["reason"]
    # Checked here on its own, with missing values in every numeric column of many rows.
    differences = compare_on(folder, data, found, make_table(rows=2_000, seed=99, missing=True)[COLUMNS])
    assert differences.max() < 1e-5


def test_the_direction_of_missing_values_is_what_makes_a_forest_right(saved, monkeypatch):
    table = make_table(missing=True)
    monkeypatch.setattr("bucle.onnx_graph.set_missing_directions", lambda graph, model: None)
    model = pipeline(_columns(_one_hot()), models.forest())
    found = outcome(saved, "forest-nan-plain", model, table[COLUMNS], table["late"])
    assert found["converted"] and not found["proven"]
    assert "in another way" in found["reason"]


def test_floored_thresholds_are_what_makes_boosted_trees_right(saved, monkeypatch):
    table = make_table(missing=True)
    # Few values: thresholds are then the middles between them, which float32 mostly can't hold.
    table["age"] = (table["age"] / 3).round(1)
    model = pipeline(_columns(_ordinal()), hist_boosting())
    assert outcome(saved, "hist-floored", model, table[COLUMNS], table["late"])["proven"]
    monkeypatch.setattr("bucle.onnx_graph.floor_thresholds", lambda model: None)
    found = outcome(saved, "hist-plain", model, table[COLUMNS], table["late"])
    assert found["converted"] and not found["proven"]
    assert "rows at thresholds of its trees" in found["reason"]


def test_doubles_that_float32_cannot_tell_apart_are_not_proven_and_the_reason_says_what_to_do(saved):
    table = make_table(dtype="float64", missing=True)
    found = outcome(saved, "double", pipeline(_columns(_ordinal()), hist_boosting()), table[COLUMNS], table["late"])
    assert found["converted"] and not found["proven"]
    assert "The columns age, income, visits are double" in found["reason"]
    assert "X.astype('float32')" in found["reason"]


def test_doubles_that_the_model_itself_cuts_to_float32_are_proven(saved):
    table = make_table(dtype="float64")
    found = outcome(saved, "double-forest", pipeline(_columns(_one_hot()), models.forest()), table[COLUMNS], table["late"])
    assert found["proven"], found["reason"]


def test_the_proof_is_the_judge_of_what_the_list_of_refusals_does_not_know(saved, monkeypatch):
    monkeypatch.setattr("bucle.convert_model.find_refusal", lambda *_: None)
    table = make_table()
    model = pipeline(_columns(_ordinal()), hist_boosting(categorical_features=[3, 4]))
    found = outcome(saved, "native-judged", model, table[COLUMNS], table["late"])
    assert not found["proven"]


def test_a_poisson_loss_whose_link_the_converter_forgets_is_not_proven(saved):
    from sklearn.ensemble import HistGradientBoostingRegressor

    table = make_table()
    model = HistGradientBoostingRegressor(loss="poisson", max_iter=10)
    found = outcome(saved, "poisson", model, table[NUMBERS], table["visits"], "predict")
    assert found["converted"] and not found["proven"]


def test_infrequent_categories_are_refused(saved):
    from sklearn.preprocessing import OneHotEncoder

    table = make_table()
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=170, sparse_output=False)
    found = outcome(saved, "infrequent", pipeline(_columns(encoder), logistic()), table[COLUMNS], table["late"])
    assert "groups infrequent categories" in found["reason"]


def test_code_of_the_users_own_is_refused(saved):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    table = make_table()
    model = make_pipeline(FunctionTransformer(np.log1p), logistic())
    found = outcome(saved, "function", model, table[NUMBERS].abs(), table["late"])
    assert "Python code of its own" in found["reason"]


def test_missing_categories_reach_the_form_as_a_token(saved):
    table = make_table()
    table.loc[table.index % 9 == 0, "plan"] = None
    model = pipeline(_columns(_one_hot(), models._imputed()), logistic())
    found = outcome(saved, "missing-category", model, table[COLUMNS], table["late"])
    assert found["proven"], found["reason"]


def test_whole_numbers_go_in_as_int64(saved):
    table = make_table()
    table["visits"] = table["visits"].astype("int64")
    model = pipeline(_columns(_ordinal()), hist_boosting())
    found = outcome(saved, "whole", model, table[COLUMNS], table["late"])
    assert found["proven"], found["reason"]
    assert found["inputs"][2] == {"name": "c2", "type": "int64", "column": "visits", "missing": "refuse"}


def test_labels_that_only_differ_beyond_the_tolerance_of_numbers_are_told_apart(saved):
    table = make_table()
    target = table["late"] + 1_000_000
    found = outcome(saved, "large-labels", models.forest(), table[NUMBERS], target, "predict")
    assert found["proven"] and found["proof"]["max_difference"] == 0


def compare_on(folder, data, conversion, table):
    import mlflow.sklearn
    import onnxruntime

    session = onnxruntime.InferenceSession(data)
    feeds = {}
    for one in conversion["inputs"]:
        values = table[one["column"]].to_numpy().reshape(-1, 1)
        feeds[one["name"]] = values.astype(np.float32 if one["type"] == "float" else object)
    (got,) = session.run([conversion["output"]["name"]], feeds)
    return np.abs(mlflow.sklearn.load_model(folder).predict_proba(table) - got)


def program(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "bucle.convert", *arguments], capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": PYTHON_FOLDER},
    )  # fmt: skip


def test_the_program_writes_both_files_and_leaves_nothing_else(made, tmp_path):
    folder = made / "healthy" / "logistic"
    ended = program("--model", str(folder / "model"), "--golden", str(folder / "golden.json"), "--out", str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    assert sorted(os.listdir(tmp_path)) == ["conversion.json", "model.onnx"]


def test_a_conversion_that_takes_too_long_is_ended_and_says_so(made, tmp_path):
    folder, began = made / "healthy" / "logistic", time.monotonic()
    ended = program(
        "--model", str(folder / "model"), "--golden", str(folder / "golden.json"), "--out", str(tmp_path), "--time-limit", "0.2"
    )
    assert time.monotonic() - began < 10
    assert (ended.returncode, os.listdir(tmp_path)) == (0, ["conversion.json"])
    found = json.loads((tmp_path / "conversion.json").read_text())
    assert (found["converted"], found["reason"]) == (False, "the conversion did not end within 0.2 s")


def test_a_converter_that_crashes_is_an_outcome_with_a_reason(made, tmp_path, monkeypatch):
    folder = made / "healthy" / "logistic"
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(convert_program.sys, "executable", str(crashing))
    given = ["--model", str(folder / "model"), "--golden", str(folder / "golden.json"), "--out", str(tmp_path / "out")]
    assert convert_program.main(given) == 0
    found = json.loads((tmp_path / "out" / "conversion.json").read_text())
    assert found["reason"] == "the converter crashed (SIGSEGV)"


def test_another_flavour_has_no_onnx_form(tmp_path):
    import mlflow.pyfunc

    class Plain(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return [1] * len(model_input)

    mlflow.pyfunc.save_model(str(tmp_path / "m"), python_model=Plain(), pip_requirements=["mlflow"])
    (tmp_path / "golden.json").write_text(json.dumps({"requests": []}))
    _, found = convert(str(tmp_path / "m"), str(tmp_path / "golden.json"))
    assert found["reason"] == "only scikit-learn models are converted, and this is one of the flavour python_function"


def test_another_scikit_learn_than_that_of_training_is_refused(made, tmp_path):
    import shutil

    folder = tmp_path / "m"
    shutil.copytree(made / "healthy" / "logistic" / "model", folder)
    path = folder / "MLmodel"
    version = __import__("sklearn").__version__
    path.write_text(path.read_text().replace(f"sklearn_version: {version}", "sklearn_version: 1.2.0"))
    _, found = convert(str(folder), str(made / "healthy" / "logistic" / "golden.json"))
    assert found["reason"] == f"it was trained with scikit-learn 1.2.0, and {version} is installed here"
