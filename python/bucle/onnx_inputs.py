"""How the columns of a request become the tensors of the ONNX form: the same rules as the gateway's."""

import math

from .schema import WHOLE_BITS, type_name
from .values import WORDS, to_wire

TOKEN = "bucle:missing"
NUMERIC = ("double", "float", "boolean", *WHOLE_BITS)


class Refused(Exception):
    """The ONNX worker refuses such a row."""


class Plan:
    """Inputs of the ONNX form. `whole` is the tensor type of whole-number columns; `single` one tensor of all."""

    def __init__(self, specs, columns, single, whole):
        self.specs, self.columns, self.single, self.whole = specs, columns, single, whole
        self.missing = {name: "refuse" for name in columns}
        self.used = None

    def inputs(self):
        if self.single:
            policies = {self.missing[name] for name in self.columns if type_name(self.specs[name]) not in WHOLE_BITS}
            policy = policies.pop() if len(policies) == 1 else "refuse"
            return [{"name": "X", "type": "float", "column": None, "missing": policy}]
        listed = [
            {"name": f"c{at}", "type": self._type(name), "column": name, "missing": self.missing[name]}
            for at, name in enumerate(self.columns)
        ]
        return [one for one in listed if self.used is None or one["name"] in self.used]

    def initial_types(self):
        from skl2onnx.common import data_types

        classes = {
            "float": data_types.FloatTensorType,
            "int64": data_types.Int64TensorType,
            "string": data_types.StringTensorType,
        }
        if self.single:
            return [("X", classes["float"]([None, len(self.columns)]))]
        return [(one["name"], classes[one["type"]]([None, 1])) for one in self.inputs()]

    def _type(self, name):
        kind = type_name(self.specs[name])
        if kind == "string":
            return "string"
        return self.whole if kind in WHOLE_BITS else "float"


def build_feeds(inputs, columns, rows):
    """Feeds of the session for rows in the order of `columns`. Raises Refused."""
    import numpy as np

    places = {name: at for at, name in enumerate(columns)}
    dtypes = {"float": np.float32, "int64": np.int64, "string": object}
    feeds = {}
    for spec in inputs:
        wanted = [spec["column"]] if spec["column"] is not None else columns
        cells = [[_cell(spec, row[places[name]]) for name in wanted] for row in rows]
        with np.errstate(over="ignore"):
            feeds[spec["name"]] = np.array(cells, dtype=dtypes[spec["type"]]).reshape(len(rows), len(wanted))
    return feeds


def _cell(spec, value):
    value = WORDS.get(value, value) if isinstance(value, str) and spec["type"] != "string" else value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        policy = spec["missing"]
        if policy == "nan":
            return math.nan
        if policy.startswith("token:"):
            return policy[len("token:") :]
        raise Refused("a missing value")
    return int(value) if spec["type"] == "int64" else value


def read_output(output, array, single):
    """Answers per row, as the gateway reads the output tensor."""
    values = array.tolist()
    if output["kind"] == "label" and output["classes"] and all(isinstance(one, bool) for one in output["classes"]):
        values = [bool(one) for one in values]
    if array.ndim > 1 and single and array.shape[1] == 1:
        values = [row[0] for row in values]
    return to_wire(values)
