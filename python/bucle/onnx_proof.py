"""Compares an ONNX form with what the model itself answers, row by row."""

import math

from .model import ModelError, SchemaError
from .onnx_inputs import Refused, build_feeds, read_output
from .values import from_wire

TOLERANCE = 1e-4
BATCH = 2_000
EXAMPLES = 50


class OnnxForm:
    """A session, asked the way the gateway asks it."""

    def __init__(self, data, inputs, columns, output, single):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # A refused row is an answer here, not an error to print.
        options.log_severity_level = 4
        self.session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self.inputs, self.columns, self.output, self.single = inputs, columns, output, single

    def predict(self, rows):
        answers = []
        for start in range(0, len(rows), BATCH):
            feeds = build_feeds(self.inputs, self.columns, rows[start : start + BATCH])
            (array,) = self.session.run([self.output["name"]], feeds)
            answers += read_output(self.output, array, self.single)
        return answers


class Comparison:
    def __init__(self):
        self.rows, self.differing, self.flips, self.largest, self.first = 0, 0, 0, 0.0, None
        self.examples = []

    def add(self, row, expected, got, exact):
        same, difference, flip = compare(expected, got, exact)
        self.rows += 1
        self.flips += flip
        self.largest = max(self.largest, difference)
        if not same or flip:
            self.differing += 1
            self.first = self.first or (row, expected, got)
            self.examples += [row] if len(self.examples) < EXAMPLES else []


def compare_rows(model, form, columns, rows):
    """Both asked about the same rows; those that the model itself refuses are left out."""
    result = Comparison()
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        batch, expected = _asked(model, columns, batch)
        for row, before, after in zip(batch, expected, form.predict(batch)):
            result.add(row, before, after, form.output["kind"] == "label")
    return result


def refuses(form, row):
    """Whether the ONNX form refuses a row, too."""
    try:
        form.predict([row])
        return False
    except Refused:
        return True
    except Exception:
        # Not a clean refusal, but no answer either.
        return True


def _asked(model, columns, batch):
    try:
        return batch, model.predict(columns, batch)
    except (ModelError, SchemaError):
        kept, answers = [], []
        for row in batch:
            try:
                answers += model.predict(columns, [row])
                kept.append(row)
            except (ModelError, SchemaError):
                continue
        return kept, answers


def compare(expected, got, exact=False):
    """(same, largest difference, label flip), with the tolerance of the parity gate; `exact` for labels."""
    if not exact:
        expected, got = from_wire(expected), from_wire(got)
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        parts = [compare(one, other, exact) for one, other in zip(expected, got)]
        flip = any(part[2] for part in parts) or (_is_distribution(expected) and _argmax(expected) != _argmax(got))
        return all(part[0] for part in parts), max([part[1] for part in parts], default=0.0), flip
    if _is_number(expected) and _is_number(got):
        if expected == got or (math.isnan(expected) and math.isnan(got)):
            return True, 0.0, False
        difference = abs(expected - got)
        if not math.isfinite(difference):
            return False, math.inf, False
        return not exact and difference <= TOLERANCE * max(1.0, abs(expected)), difference, exact
    same = type(expected) is type(got) and expected == got
    return same, 0.0 if same else math.inf, not same


def _is_distribution(values):
    numbers = len(values) > 1 and all(_is_number(value) and value >= -TOLERANCE for value in values)
    return numbers and abs(sum(values) - 1) < 1e-3


def _argmax(values):
    numbers = [value if _is_number(value) else -math.inf for value in values]
    return max(range(len(numbers)), key=lambda at: numbers[at])


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
