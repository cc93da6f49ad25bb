"""The models of the parity gate are what they claim to be: healthy, or wrong in the way that they are named after."""

import json

import defects
import models
import pytest
from bucle.convert_model import _answers_single
from bucle.model import load
from bucle.onnx_proof import OnnxForm, compare


def asker(made, entry, engine):
    model = load(str(made / entry["model"]))
    if engine == "python":
        return model.predict
    conversion = json.loads((made / entry["onnx"] / "conversion.json").read_text())
    single = _answers_single(model, conversion["output"])
    data = (made / entry["onnx"] / "model.onnx").read_bytes()
    form = OnnxForm(data, conversion["inputs"], conversion["columns"], conversion["output"], single)
    return lambda columns, rows: form.predict([[row[columns.index(name)] for name in form.columns] for row in rows])


def replay(made, entry, engine):
    """(rows that are answered in another way or refused, rows that are answered and should be refused)."""
    ask, wrong, answered = asker(made, entry, engine), [], []
    for request in json.loads((made / entry["golden"]).read_text())["requests"]:
        for at, row in enumerate(request["rows"]):
            try:
                (got,) = ask(request["columns"], [row])
            except Exception:
                wrong += [] if request["error"] else [(request["name"], row)]
                continue
            if request["error"]:
                answered.append(request["name"])
            else:
                same, _, flip = compare(request["outputs"][at], got)
                wrong += [] if same and not flip else [(request["name"], row)]
    return wrong, answered


def entry_of(made, kind, name):
    index = json.loads((made / "index.json").read_text())
    return next(one for one in index[kind] if one["name"] == name)


@pytest.mark.parametrize("engine", ["python", "onnx"])
@pytest.mark.parametrize("name", list(models.recipes()))
def test_a_healthy_model_gives_its_golden_answers_row_by_row(made, name, engine):
    assert replay(made, entry_of(made, "healthy", name), engine) == ([], [])


@pytest.mark.parametrize("name", list(defects.DEFECTS))
def test_a_planted_defect_shows_in_its_golden_answers(made, name):
    entry = entry_of(made, "defects", name)
    wrong, answered = replay(made, entry, entry["engine"])
    if name == "int-to-float-on-null":
        assert (wrong, answered) == ([], ["edge:null:visits"])
    elif name == "dropped-imputer":
        assert wrong and all(None in row for _, row in wrong)
    elif name == "float32-threshold":
        assert 1 <= len(wrong) <= 40
    else:
        assert len(wrong) > 100
