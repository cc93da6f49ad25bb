import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
sys.path[:0] = [str(TESTS.parent), str(TESTS / "fixtures")]
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The folder of all healthy models and planted defects."""
    import make_models

    folder = tmp_path_factory.mktemp("made")
    make_models.make_all(str(folder))
    return folder


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """Saves a fitted model and records it: (folder of the model, golden file)."""
    import make_models
    import models

    workshop = make_models.Workshop(tmp_path_factory.mktemp("saved"))

    def save(name, model, data, target, function="predict_proba"):
        folder = workshop.out / name
        models.save(model.fit(data, target), str(folder / "model"), data, function)
        make_models.write_golden(folder, workshop.record(folder / "model", data, f"m-{name}"))
        return str(folder / "model"), str(folder / "golden.json")

    return save
