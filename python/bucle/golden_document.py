"""Computes the golden document of a model: what it answers where it was trained."""

import datetime
import json
import os
import time

from .golden_rows import SUFFIXES, covers, edge_rows, read_candidates, stratify, wire_rows
from .model import ModelError, SchemaError, describe_signature, observe_environment
from .values import to_wire

FORMAT = "bucle.golden.v1"
SAMPLE_ROWS = 200
EXAMPLE_ROWS = 50
MAX_BYTES = 16 * 1024 * 1024
SECONDS = 120
WHOLE_BATCH_FAILED = 3


def build_golden(model, *, model_id, origin, datasets=()):
    """The document. `datasets` are {name, version, paths}; files of other kinds among them are passed over."""
    started = time.monotonic()
    notes, requests = [], []
    signature = model.pyfunc.metadata.signature
    example = _example(model, notes)
    if example is not None:
        requests += _answered(model, "example", example)
    schema = model.input_schema
    if schema is None:
        notes.append("the model has no signature: only its input example is replayed")
    elif schema.is_tensor_spec():
        notes.append("the model takes arrays: only its input example is replayed")
    elif schema.has_input_names():
        requests += _table_requests(model, datasets, example, notes, started)
    document = {
        "format": FORMAT,
        "model_id": model_id,
        "origin": origin,
        "created_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"),
        "environment": {**observe_environment(), "lock_digest": os.environ.get("BUCLE_LOCK_DIGEST") or None},
        "signature": None if signature is None else _both(describe_signature(signature)),
        "requests": requests,
        "notes": notes,
    }
    return _within_size(document)


def encode_golden(document):
    return json.dumps(document, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _both(signature):
    return {"inputs": signature["inputs"], "outputs": signature["outputs"]}


def _table_requests(model, datasets, example, notes, started):
    specs = model.input_schema.input_dict()
    required = {name: spec for name, spec in specs.items() if spec.required}
    requests, pool, base = [], [], None
    rows = _dataset_rows(datasets, specs, required, notes)
    columns = list(specs)
    if rows:
        base, sample = _sample(model, columns, rows, notes)
        requests += sample
        pool = rows
    elif example is not None and "columns" in example:
        at = {name: place for place, name in enumerate(example["columns"])}
        pool = [[row[at[name]] if name in at else None for name in columns] for row in example["rows"]]
        base = pool[0] if pool else None
    if base is None:
        notes.append("no rows are known: neither an input example nor a dataset whose columns cover the signature")
        return requests
    for name, row in edge_rows(specs, base, pool):
        if time.monotonic() - started > SECONDS:
            notes.append(f"edge rows stopped after {SECONDS} s")
            break
        requests += _answered(model, name, {"columns": columns, "rows": [row]})
    return requests


def _dataset_rows(datasets, specs, required, notes):
    for dataset in datasets:
        label = f"dataset {dataset['name']}" + (f"@{dataset['version']}" if dataset.get("version") else "")
        files = [path for path in _files(dataset["paths"]) if path.lower().endswith(SUFFIXES)]
        usable = [path for path in files if covers(path, specs)]
        if not usable:
            notes.append(f"{label}: its columns do not cover the signature")
            continue
        try:
            rows = wire_rows(read_candidates(usable, list(specs), notes), specs)
        except Exception as error:
            notes.append(f"{label}: cannot be read: {type(error).__name__}")
            continue
        if rows:
            notes.append(f"{label}: columns cover the signature")
            return rows
    return []


def _files(paths):
    for path in paths:
        if os.path.isdir(path):
            for folder, folders, names in os.walk(path):
                folders.sort()
                yield from (os.path.join(folder, name) for name in sorted(names))
        elif os.path.isfile(path):
            yield path


def _sample(model, columns, rows, notes):
    """The usual row that edges start from, and the request `sample` (with rows that were refused beside it)."""
    try:
        outputs = model.predict(columns, rows)
    except (ModelError, SchemaError) as error:
        notes.append("the model raises on some rows of its own data")
        refused = _answered(model, "sample", {"columns": columns, "rows": rows[:SAMPLE_ROWS]}, str(error))
        return rows[0], refused
    chosen = stratify(rows, outputs, SAMPLE_ROWS)
    sample = [rows[at] for at in chosen]
    again = model.predict(columns, sample)
    if again != model.predict(columns, sample):
        notes.append("the model does not answer the same twice: it cannot pass parity")
    return sample[len(sample) // 2], [_request("sample", {"columns": columns, "rows": sample}, again, None)]


def _answered(model, name, given, failed=None):
    """One request, or one for the rows that are answered and some of those that are refused."""
    error = failed or None
    if error is None:
        try:
            return [_request(name, given, _ask(model, given), None)]
        except (ModelError, SchemaError) as raised:
            error = str(raised)
    key = "rows" if "rows" in given else "tensor"
    if len(given[key]) <= 1:
        return [_request(name, given, None, error)]
    answered, outputs, refused = [], [], []
    for row in given[key]:
        one = {**given, key: [row]}
        try:
            outputs += _ask(model, one)
            answered.append(row)
        except (ModelError, SchemaError) as raised:
            refused.append(_request(f"{name}:refused", one, None, str(raised)))
    whole = [_request(name, {**given, key: answered}, outputs, None)] if answered else []
    return whole + refused[:WHOLE_BATCH_FAILED]


def _ask(model, given):
    if "tensor" in given:
        return model.predict_tensor(given["tensor"])
    return model.predict(given["columns"], given["rows"])


def _request(name, given, outputs, error):
    return {"name": name, **given, "outputs": outputs, "error": error}


def _example(model, notes):
    """The input example as `columns` and `rows`, or as `tensor`; None when there is none that can be sent."""
    import numpy as np
    import pandas as pd

    try:
        example = model.pyfunc.metadata.load_input_example(model.path)
    except Exception as error:
        notes.append(f"the input example cannot be read: {type(error).__name__}")
        return None
    if example is None:
        notes.append("the model was logged without an input example")
        return None
    example = _as_frame(model, example)
    if isinstance(example, pd.DataFrame):
        return _frame_example(model, example.head(EXAMPLE_ROWS))
    if hasattr(example, "toarray"):
        example = example.toarray()
    if isinstance(example, np.ndarray) and example.ndim:
        return {"tensor": to_wire(example[:EXAMPLE_ROWS])}
    notes.append("the input example has a form that cannot be replayed row by row")
    return None


def _as_frame(model, example):
    import pandas as pd

    schema = model.input_schema
    if isinstance(example, pd.Series):
        return example.to_frame()
    if isinstance(example, dict) and schema is not None and not schema.is_tensor_spec():
        listed = all(isinstance(value, list) for value in example.values())
        return pd.DataFrame(example if listed else [example])
    if isinstance(example, list) and example and isinstance(example[0], dict):
        return pd.DataFrame(example)
    return example


def _frame_example(model, frame):
    schema = model.input_schema
    named = schema is not None and not schema.is_tensor_spec() and schema.has_input_names()
    if named:
        specs = {name: spec for name, spec in schema.input_dict().items() if name in frame.columns}
        return {"columns": list(specs), "rows": wire_rows(frame, specs)}
    # JSON has no NaN apart from a missing value, and neither has a DataFrame.
    rows = [[None if value == "NaN" else value for value in to_wire(row)] for row in frame.values.tolist()]
    return {"columns": [str(name) for name in frame.columns], "rows": rows}


def _within_size(document):
    """Halves what is largest until the document fits."""
    while len(encode_golden(document)) > MAX_BYTES:
        largest = max(document["requests"], key=lambda one: len(encode_golden(one)), default=None)
        if largest is None:
            raise ModelError("The model's signature alone is larger than a golden document may be.")
        key = "rows" if "rows" in largest else "tensor"
        half = len(largest[key]) // 2
        if half == 0:
            document["requests"].remove(largest)
        else:
            largest[key], largest["outputs"] = largest[key][:half], (largest["outputs"] or [])[:half] or None
        note = "rows were left out to stay within 16 MiB"
        if note not in document["notes"]:
            document["notes"].append(note)
    return document
