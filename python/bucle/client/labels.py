"""Labels from whatever holds them, as JSON lines."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import date, datetime, timezone
from itertools import islice
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Union

FIELDS = ("prediction", "key", "event_time", "value", "label_time", "censored")

Moment = Union[datetime, date, int, str]


def read_labels(source: Any, columns: Optional[Mapping[str, str]] = None) -> Iterator[Dict[str, Any]]:
    """Of mappings, or of a table with `columns` and `to_dict("records")` such as a pandas DataFrame.

    `columns` says what the fields are called there: {"prediction": "bucle_id", "value": "late"}. Fields that are
    named by it, or that have their own name, are taken; everything else is left out.
    """
    named = {name: name for name in FIELDS}
    for name, column in (columns or {}).items():
        if name not in FIELDS:
            raise ValueError(f"{name} is no field of a label: name one of {', '.join(FIELDS)}.")
        named[name] = column
    for number, row in enumerate(_rows(source, named), 1):
        if not isinstance(row, Mapping):
            raise TypeError(f"Label {number} is a {type(row).__name__}, but it must be a mapping such as a dict.")
        label = {name: plain_value(row.get(column)) for name, column in named.items()}
        yield {name: value for name, value in label.items() if value is not None}


def _rows(source: Any, named: Mapping[str, str]) -> Iterable[Any]:
    if hasattr(source, "columns") and hasattr(source, "to_dict"):
        present = [column for column in dict.fromkeys(named.values()) if column in source.columns]
        # In parts, so that a large table is not copied as a whole.
        for at in range(0, len(source), 10_000):
            yield from source[present].iloc[at : at + 10_000].to_dict("records")
    else:
        yield from source


def plain_value(value: Any) -> Any:
    """Without the types of numpy and pandas; None for every kind of nothing."""
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return zoned.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item") and not isinstance(value, (str, bytes, int, float)):
        return plain_value(value.item())
    if isinstance(value, float) and not isinstance(value, bool):
        return None if math.isnan(value) else float(value)
    return value


def chunks(labels: Iterable[Mapping[str, Any]], size: int) -> Iterator[List[bytes]]:
    """Lines, so many at a time."""
    lines = (json.dumps(one, allow_nan=False, ensure_ascii=False).encode() + b"\n" for one in labels)
    while part := list(islice(lines, size)):
        yield part


def key_of(endpoint: str, lines: Iterable[bytes], given: Optional[str], part: int) -> str:
    """The same labels have the same key, so that a request whose answer was lost can be sent again."""
    if given is not None:
        return f"{given}.{part}"
    digest = hashlib.sha256(endpoint.encode())
    for line in lines:
        digest.update(line)
    return f"python-{digest.hexdigest()}.{part}"
