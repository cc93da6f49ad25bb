"""Builds what the model takes from what a request says, with the types that the signature declares.

The casts are those of MLflow's scoring server, except that nothing is cut off silently: 1.5 is no whole number,
a text is no boolean, and a missing value in a whole-number column is an error of the caller.
"""

import base64
import math
import re

from .values import WORDS, from_wire

SHOWN = 20
WHOLE_TEXT = re.compile(r"\s*[+-]?\d{1,19}\s*$")
NUMBER_TEXT = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$")
WHOLE_BITS = {"long": 63, "integer": 31}


class SchemaError(Exception):
    """The caller's fault. Names columns and never values, since callers' logs keep it."""


def build_table(schema, columns, rows):
    """A DataFrame of the rows. `schema` is MLflow's input schema, or None."""
    import pandas as pd

    if len(set(columns)) != len(columns):
        raise SchemaError("A column is named twice.")
    for number, row in enumerate(rows):
        if len(row) != len(columns):
            raise SchemaError(f"Row {number} has {len(row)} values for {len(columns)} columns.")
    if schema is None:
        return pd.DataFrame(from_wire(rows), columns=columns or None)
    if schema.is_tensor_spec():
        return _table_for_tensors(schema, columns, rows)
    places = _locate(schema, columns)
    # An optional column that does not come is one whose values are all missing.
    series = {
        name: _build_column(name, spec, [None if at is None else row[at] for row in rows])
        for name, spec, at in places
        if at is not None or type_name(spec) not in WHOLE_BITS
    }
    frame = pd.DataFrame(series, index=range(len(rows)))
    # A dict of columns loses the names of a schema that has none; they are positions.
    return frame if schema.has_input_names() else frame.set_axis(range(frame.shape[1]), axis=1)


def build_tensor(schema, tensor):
    """An ndarray or a dict of them; values of a schema of columns may come this way as well."""
    import numpy as np

    if schema is None:
        plain = from_wire(tensor)
        return {name: np.array(one) for name, one in plain.items()} if isinstance(plain, dict) else np.array(plain)
    if not schema.is_tensor_spec():
        if isinstance(tensor, list) and all(isinstance(row, list) for row in tensor):
            names = schema.input_names() if schema.has_input_names() else list(range(len(schema.inputs)))
            return build_table(schema, names, tensor)
        raise SchemaError("The model takes columns by name: send dataframe_split, dataframe_records or inputs by column.")
    specs = schema.inputs
    if not isinstance(tensor, dict):
        if len(specs) > 1:
            raise SchemaError(f"The model takes {len(specs)} tensors by name: {_names([s.name for s in specs])}.")
        array = _build_array(specs[0], tensor)
        return array if specs[0].name is None else {specs[0].name: array}
    missing = [spec.name for spec in specs if spec.name not in tensor and spec.required]
    if missing:
        raise SchemaError(f"The model is missing the tensors {_names(missing)}.")
    return {spec.name: _build_array(spec, tensor[spec.name]) for spec in specs if spec.name in tensor}


def type_name(spec):
    """`double`, `long`, `string` … or `array`, `object`, `map`, `any`."""
    kind = spec.type
    return kind.name if hasattr(kind, "name") else type(kind).__name__.lower().replace("anytype", "any")


def _table_for_tensors(schema, columns, rows):
    if len(schema.inputs) == 1 and schema.inputs[0].name is None:
        return _build_array(schema.inputs[0], rows)
    by_name = {name: [row[at] for row in rows] for at, name in enumerate(columns)}
    return build_tensor(schema, by_name)


def _locate(schema, columns):
    if not schema.has_input_names():
        if len(columns) < len(schema.inputs):
            raise SchemaError(f"The model takes {len(schema.inputs)} columns, and {len(columns)} came.")
        return [(str(at), spec, at) for at, spec in enumerate(schema.inputs)]
    positions = {name: at for at, name in enumerate(columns)}
    missing = [spec.name for spec in schema.inputs if spec.required and spec.name not in positions]
    if missing:
        known = set(schema.input_names())
        extra = [str(name) for name in columns if name not in known]
        also = f" There are columns that it does not know: {_names(extra)}." if extra else ""
        plural = "" if len(missing) == 1 else "s"
        raise SchemaError(f"The model is missing the column{plural} {_names(missing)}.{also}")
    return [(spec.name, spec, positions.get(spec.name)) for spec in schema.inputs]


def _build_column(name, spec, values):
    import numpy as np
    import pandas as pd

    kind = type_name(spec)
    if kind in ("double", "float"):
        # float64 first, then float32: one rounding, the same as numpy's own.
        numbers = np.array(_each(name, kind, values, _to_number), dtype=np.float64)
        with np.errstate(over="ignore"):
            return pd.Series(numbers.astype(np.float32) if kind == "float" else numbers)
    if kind in WHOLE_BITS:
        wholes = _each(name, kind, values, lambda value: _to_whole(value, WHOLE_BITS[kind]))
        return pd.Series(np.array(wholes, dtype=np.int64 if kind == "long" else np.int32))
    if kind == "boolean":
        booleans = _each(name, kind, values, _to_boolean)
        return pd.Series(booleans, dtype=object if None in booleans else bool)
    if kind == "string":
        return _text_series(_each(name, kind, values, _to_text))
    if kind == "binary":
        return pd.Series(_each(name, kind, values, _to_bytes), dtype=object)
    if kind == "datetime":
        return _to_times(name, values)
    return pd.Series([None if one is None else from_wire(one) for one in values], dtype=object)


def _text_series(texts):
    import pandas as pd

    # From pandas 3 on, a missing text is NaN, whether it comes alone or in a batch; before, it is None.
    modern = int(pd.__version__.split(".", 1)[0]) >= 3
    return pd.Series(texts, dtype="str" if modern else object)


def _each(name, kind, values, cast):
    out = []
    for row, value in enumerate(values):
        try:
            out.append(cast(value))
        except (ValueError, TypeError, OverflowError):
            raise SchemaError(_cell_message(name, kind, value, row)) from None
    return out


def _to_number(value):
    if value is None:
        return math.nan
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        if NUMBER_TEXT.match(value):
            return float(value)
        if value in WORDS:
            return WORDS[value]
    raise ValueError


def _to_whole(value, bits):
    if isinstance(value, str) and WHOLE_TEXT.match(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
        raise ValueError
    return int(value)


def _to_boolean(value):
    if value is None or isinstance(value, bool):
        return value
    raise ValueError


def _to_text(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and math.isnan(value):
        return None
    raise ValueError


def _to_bytes(value):
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError
    return base64.b64decode(value.encode("ascii", "strict"))


def _to_times(name, values):
    import pandas as pd

    texts = _each(name, "datetime", values, _to_text)
    try:
        times = pd.to_datetime(pd.Series(texts, dtype=object), utc=True, format="ISO8601")
    except (ValueError, TypeError, OverflowError):
        raise SchemaError(f"The column {_short(name)} must be datetime: ISO 8601, such as 2026-01-31T12:00:00Z.") from None
    return times.dt.tz_localize(None).astype("datetime64[ns]")


def _build_array(spec, values):
    import numpy as np

    label = "The tensor" if spec.name is None else f"The tensor {_short(spec.name)}"
    try:
        array = np.array(_nan_for_missing(from_wire(values)) if spec.type.kind == "f" else values)
        if spec.type.kind in "iu" and not np.array_equal(array, array.astype(spec.type)):
            raise ValueError
        array = array.astype(spec.type)
    except (ValueError, TypeError, OverflowError):
        raise SchemaError(f"{label} must hold {spec.type} and have the same length everywhere.") from None
    fits = len(array.shape) == len(spec.shape) and all(want in (-1, got) for want, got in zip(spec.shape, array.shape))
    if not fits:
        raise SchemaError(f"{label} must have the shape {tuple(spec.shape)}, but it has {array.shape}.")
    return array


def _nan_for_missing(value):
    if isinstance(value, list):
        return [_nan_for_missing(one) for one in value]
    return math.nan if value is None else value


def _cell_message(name, kind, value, row):
    missing = value is None or value == "NaN" or (isinstance(value, float) and math.isnan(value))
    hint = ""
    if kind in WHOLE_BITS and missing:
        hint = " Whole numbers cannot be missing: train on a double column if values may be absent."
    found = "missing" if missing else _describe(value)
    return f"The column {_short(name)} must be {kind}, but it is {found} in row {row}.{hint}"


def _describe(value):
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a whole number" if value.is_integer() else "a number with a fraction"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"


def _names(names):
    shown = ", ".join(_short(name) for name in names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown


def _short(name):
    text = str(name)
    return f"{text[:100]}…" if len(text) > 100 else text
