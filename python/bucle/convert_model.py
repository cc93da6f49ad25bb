"""Converts one scikit-learn model to ONNX and proves it. Runs in a process of its own: converters hang and crash."""

import json
import os
import sys

import numpy as np

from .golden import write_file
from .model import ModelError, SchemaError, describe_error, load, observe_environment
from .onnx_graph import OPSET, make_graph
from .onnx_inputs import TOKEN, Plan
from .onnx_proof import Comparison, OnnxForm, compare_rows, refuses
from .onnx_proof_rows import adversarial_rows, mixed_rows
from .onnx_refusals import find_refusal, flavor_refusal
from .onnx_trees import thresholds_by_feature
from .golden_rows import UNSEEN
from .schema import WHOLE_BITS, build_table, type_name

FORMAT = "bucle.onnx.v1"
PACKAGES = ("scikit-learn", "skl2onnx", "onnx", "onnxruntime", "protobuf", "numpy", "mlflow")


class NotConverted(Exception):
    """With a reason for a person."""


def convert(folder, golden_path):
    """(bytes of model.onnx or None, conversion.json as a dict)."""
    try:
        return _convert(folder, golden_path)
    except NotConverted as reason:
        return None, describe(reason=str(reason))


def describe(**given):
    empty = {
        "format": FORMAT, "converted": False, "proven": False, "reason": None, "opset": None, "inputs": [],
        "output": None, "columns": [], "proof": None, "packages": _packages(),
    }  # fmt: skip
    return {**empty, **given}


def _convert(folder, golden_path):
    with open(golden_path, encoding="utf-8") as file:
        golden = json.load(file)
    from mlflow.models import Model

    metadata = Model.load(folder)
    if reason := flavor_refusal(metadata):
        raise NotConverted(reason)
    model = load(folder)
    import mlflow.sklearn

    native = mlflow.sklearn.load_model(folder)
    specs = _named_specs(metadata)
    if reason := find_refusal(metadata, specs, native):
        raise NotConverted(reason)
    columns = _column_order(specs, native)
    specs = {name: specs[name] for name in columns}
    requests = [_in_order(one, columns) for one in golden["requests"] if _covers(one, columns)]
    pool = [row for one in requests if one["name"] in ("sample", "example") and not one["error"] for row in one["rows"]]
    if not pool:
        raise NotConverted("there are no rows to prove it on: log the model with an input example, or train on a dataset")
    function = metadata.flavors["python_function"].get("predict_fn", "predict")
    return _best_attempt(model, native, specs, columns, requests, pool, function)


def _best_attempt(model, native, specs, columns, requests, pool, function):
    """Whole numbers go in as int64 or, where the converter can't, as float32: the first that is proven counts."""
    whole = any(type_name(spec) in WHOLE_BITS for spec in specs.values())
    nullable, unseeable = _accepted_edges(model, specs, columns, pool)
    failed, unproven = None, None
    for kind in ("int64", "float") if whole else ("float",):
        plan = Plan(specs, columns, _is_single(native, specs), kind)
        for name in columns:
            token = f"token:{TOKEN}" if type_name(specs[name]) == "string" else "nan"
            plan.missing[name] = token if name in nullable else "refuse"
        try:
            data, output = make_graph(native, plan, function)
            form = OnnxForm(data, plan.inputs(), columns, output, _answers_single(model, output))
            proof, reason = _prove(model, native, form, requests, pool, nullable, unseeable)
        except Exception as error:
            failed = failed or f"it has no ONNX form: {describe_error(error)[:400]}"
            continue
        found = describe(
            converted=True, proven=reason is None, reason=reason, opset=OPSET[""], inputs=plan.inputs(),
            output=output, columns=columns, proof=proof,
        )  # fmt: skip
        if reason is None:
            return data, found
        unproven = unproven or (data, found)
    if unproven:
        return unproven
    raise NotConverted(failed)


def _prove(model, native, form, requests, pool, nullable, unseeable):
    """(`proof` of conversion.json, why it is not proven or None)."""
    specs, columns = model.input_schema.input_dict(), form.columns
    specs = {name: specs[name] for name in columns}
    recorded, refused = _compare_recorded(model.input_schema, form, requests)
    mixed = compare_rows(model, form, columns, mixed_rows(specs, pool, nullable, unseeable))
    coarse_rows, fine_rows = adversarial_rows(native, specs, columns, pool, thresholds_by_feature(native))
    coarse = compare_rows(model, form, columns, coarse_rows)
    fine = compare_rows(model, form, columns, fine_rows)
    parts = (recorded, mixed, coarse, fine)
    largest = max(part.largest for part in parts)
    proof = {
        "rows": recorded.rows + mixed.rows,
        "adversarial_rows": coarse.rows + fine.rows,
        "max_difference": largest if largest != float("inf") else None,
        "label_flips": sum(part.flips for part in parts),
    }
    if refused:
        return proof, refused
    for part, what in ((recorded, "recorded rows"), (mixed, "mixed rows"), (coarse, "rows at thresholds of its trees")):
        if part.differing:
            reason = _difference(part, what, columns)
            return proof, f"{reason}. {_float32_hint(specs)}" if _is_precision(model, form, part) else reason
    if fine.differing:
        count = f"{fine.differing} of {fine.rows} rows right beside a threshold are answered in another way"
        return proof, f"{count}. {_float32_hint(specs)}"
    return proof, None


def _is_precision(model, form, part):
    """Whether the rows that differ agree once their doubles are rounded to float32."""
    rows = [_rounded(row, form.columns, model.input_schema.input_dict()) for row in part.examples]
    return rows != part.examples and not compare_rows(model, form, form.columns, rows).differing


def _rounded(row, columns, specs):
    doubles = [type_name(specs[name]) == "double" and isinstance(value, (int, float)) for name, value in zip(columns, row)]
    return [float(np.float32(value)) if double else value for double, value in zip(doubles, row)]


def _compare_recorded(schema, form, requests):
    """Recorded answers come again, and what was refused is refused again."""
    result, problem = Comparison(), None
    for request in requests:
        if request["error"]:
            if problem is None and not _is_refused(schema, form, request):
                problem = (
                    f"the model refuses {_edge_words(request['name'])}, and its ONNX form would answer: "
                    "let the encoder ignore unknown categories, or impute missing values"
                )
            continue
        try:
            answers = form.predict(request["rows"])
        except Exception:
            problem = problem or f"the model answers {_edge_words(request['name'])}, and its ONNX form refuses"
            continue
        for row, expected, got in zip(request["rows"], request["outputs"], answers):
            result.add(row, expected, got, form.output["kind"] == "label")
    return result, problem


def _is_refused(schema, form, request):
    for row in request["rows"]:
        try:
            build_table(schema, form.columns, [row])
        except SchemaError:
            continue
        if not refuses(form, row):
            return False
    return True


def _accepted_edges(model, specs, columns, pool):
    """Names of the columns that may be missing, and of those that take an unseen text."""
    nullable, unseeable = set(), set()
    base = next((row for row in pool if None not in row), pool[0])
    for at, name in enumerate(columns):
        if _answers(model, columns, [*base[:at], None, *base[at + 1 :]]):
            nullable.add(name)
        if type_name(specs[name]) == "string" and _answers(model, columns, [*base[:at], UNSEEN, *base[at + 1 :]]):
            unseeable.add(name)
    return nullable, unseeable


def _answers(model, columns, row):
    try:
        model.predict(columns, [row])
        return True
    except (ModelError, SchemaError):
        return False


def _named_specs(metadata):
    schema = metadata.signature.inputs if metadata.signature is not None else None
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return {}
    return schema.input_dict()


def _column_order(specs, native):
    seen = [str(name) for name in getattr(native, "feature_names_in_", [])]
    return seen if seen and set(seen) == set(specs) else list(specs)


def _is_single(native, specs):
    """Without a column transformer a model takes one array of numbers."""
    from .onnx_trees import walk_estimators

    numeric = all(type_name(spec) != "string" for spec in specs.values())
    return numeric and not any(type(one).__name__ == "ColumnTransformer" for one in walk_estimators(native))


def _answers_single(model, output):
    """Whether an output of width 1 is a number per row: the rule of the gateway."""
    if output["kind"] == "probability":
        return False
    schema = model.pyfunc.metadata.get_output_schema()
    if schema is None or not schema.is_tensor_spec():
        return True
    return len(schema.inputs[0].shape) < 2


def _covers(request, columns):
    return "rows" in request and set(columns) <= set(request["columns"])


def _in_order(request, columns):
    places = [request["columns"].index(name) for name in columns]
    return {**request, "rows": [[row[at] for at in places] for row in request["rows"]]}


def _difference(part, what, columns):
    row, expected, got = part.first
    flips = f", {part.flips} of them with another label" if part.flips else ""
    values = ", ".join(f"{name}={value!r}" for name, value in list(zip(columns, row))[:12])
    return (
        f"the ONNX form answers {part.differing} of {part.rows} {what} in another way{flips}, by up to "
        f"{part.largest:.3g}; the first: {got!r} instead of {expected!r} for {values}"[:1_200]
    )


def _float32_hint(specs):
    names = [name for name, spec in specs.items() if type_name(spec) == "double"]
    return (
        f"The columns {', '.join(names[:20])} are double, and the model tells values apart that are the same in float32. "
        "Train and log it with float32 features (X.astype('float32')), or insist with --engine onnx"
    )


def _edge_words(name):
    kind, _, rest = name.partition(":")
    if kind != "edge":
        return f"rows of the request {name}"
    edge, _, column = rest.partition(":")
    words = {"null": "a missing value", "unseen": "an unseen category", "empty": "an empty text"}
    return f"{words.get(edge, f'the {edge} value')} in {column}"


def _packages():
    versions = observe_environment()["packages"]
    return {name: versions[name] for name in PACKAGES if name in versions}


def main(folder, golden_path, out):
    data, conversion = convert(folder, golden_path)
    if data is not None:
        write_file(os.path.join(out, "model.onnx"), data)
    write_file(os.path.join(out, "conversion.json"), json.dumps(conversion, indent=1, default=str).encode())


if __name__ == "__main__":
    main(*sys.argv[1:4])
