"""What the client answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Mapping, Optional, Tuple

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def to_datetime(milliseconds: Optional[int]) -> Optional[datetime]:
    """UTC, with its zone."""
    return None if milliseconds is None else EPOCH + timedelta(milliseconds=milliseconds)


def _moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


@dataclass(frozen=True)
class Label:
    """The truth about a prediction: its value, or why it will never be known."""

    value: Any
    censored: Optional[str]
    label_time: datetime
    labelled_at: datetime


@dataclass(frozen=True)
class Refusal:
    """A label that was not kept, by its place among those that were sent, from 1."""

    line: int
    problem: str


@dataclass(frozen=True)
class LabelReceipt:
    """What became of labels that were sent; the outcomes add up to `received`."""

    received: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """accepted, late, corrected, contradictory, repeated, superseded, unknown, invalid → how many."""
    censored: int = 0
    refusals: Tuple[Refusal, ...] = ()
    """Why labels were invalid; the first 20."""

    @property
    def kept(self) -> int:
        """All that were not invalid."""
        return self.received - self.outcomes.get("invalid", 0)

    @property
    def waiting(self) -> int:
        """Those whose prediction is not known yet: they join it when it comes."""
        return self.outcomes.get("unknown", 0)

    def plus(self, other: "LabelReceipt", before: int) -> "LabelReceipt":
        """With those of a further request, before which so many labels were sent."""
        names = {**self.outcomes, **other.outcomes}
        later = tuple(Refusal(one.line + before, one.problem) for one in other.refusals)
        return LabelReceipt(
            self.received + other.received,
            {name: self.outcomes.get(name, 0) + other.outcomes.get(name, 0) for name in names},
            self.censored + other.censored,
            (self.refusals + later)[:20],
        )


@dataclass(frozen=True)
class PredictionRow:
    """One row of a request."""

    id: str
    """`ID.k`: what a label names."""
    row: int
    inputs: Any
    """By name when the input had names."""
    output: Any
    label: Optional[Label]


@dataclass(frozen=True)
class Prediction:
    """An answered request, as it was captured."""

    id: str
    endpoint: str
    version: str
    """`flights/3`"""
    deployment: str
    event_time: datetime
    received_at: datetime
    key: Optional[str]
    rows: Tuple[PredictionRow, ...]

    @property
    def row(self) -> PredictionRow:
        """The only row. ValueError when there are several."""
        (only,) = self.rows
        return only


@dataclass(frozen=True)
class Dataset:
    name: str
    versions: int
    latest: "DatasetVersion"


@dataclass(frozen=True)
class DatasetVersion:
    name: str
    number: int
    id: str
    """SHA-256 of its manifest: the same content has the same id."""
    digest: str
    """What MLflow's dataset inputs carry."""
    files: int
    bytes: int
    rows: Optional[int]
    message: Optional[str]
    created_at: datetime
    created_by: str

    @property
    def ref(self) -> str:
        """`flights@2`"""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True)
class Metric:
    """With its 95 % interval."""

    name: str
    value: Optional[float]
    low: Optional[float]
    high: Optional[float]
    rows: int


@dataclass(frozen=True)
class QualityWindow:
    """How good the predictions of one window of event time were, as far as labels are known."""

    start: datetime
    end: datetime
    state: str
    """provisional, or final once its labels are mature."""
    revision: int
    predictions: int
    labelled: int
    coverage: Optional[float]
    metrics: Mapping[str, Metric]
    verdict: Optional[str]
    """ok, changed_small, alarm, learning, insufficient; None without a declared metric."""

    def record(self) -> Dict[str, Any]:
        """Flat, for a table: one column per metric."""
        flat: Dict[str, Any] = {
            "start": self.start, "end": self.end, "state": self.state, "revision": self.revision,
            "predictions": self.predictions, "labelled": self.labelled, "coverage": self.coverage,
            "verdict": self.verdict,
        }  # fmt: skip
        for name, metric in self.metrics.items():
            flat.update({name: metric.value, f"{name}_low": metric.low, f"{name}_high": metric.high})
        return flat


@dataclass(frozen=True)
class Window:
    """One window of a monitor."""

    start: datetime
    end: datetime
    state: str
    """open, closed or no_data."""
    rows: int
    late: int
    version: Optional[str]
    alarms: Mapping[str, List[str]]
    """Signal → features that alarm."""

    def record(self) -> Dict[str, Any]:
        """Flat, for a table."""
        return {
            "start": self.start, "end": self.end, "state": self.state, "rows": self.rows, "late": self.late,
            "version": self.version, "alarms": ", ".join(sorted(self.alarms)),
        }  # fmt: skip


def to_receipt(answer: Mapping[str, Any]) -> LabelReceipt:
    refusals = tuple(Refusal(int(one["line"]), str(one["problem"])) for one in answer["refusals"])
    return LabelReceipt(int(answer["received"]), dict(answer["outcomes"]), int(answer["censored"]), refusals)


def to_prediction(answer: Mapping[str, Any], labels: Mapping[int, Label]) -> Prediction:
    rows = tuple(
        PredictionRow(f"{answer['id']}.{one['row']}", one["row"], one["features"], one["output"], labels.get(one["row"]))
        for one in answer["rows"]
    )
    return Prediction(
        answer["id"], answer["endpoint"], plain(answer["version"]), answer["deployment"],
        _moment(answer["event_time"]), _moment(answer["received_at"]), answer["key"], rows,
    )  # fmt: skip


def to_labels(answer: Mapping[str, Any]) -> Dict[int, Label]:
    """By row; only those that are known."""
    found: Dict[int, Label] = {}
    for row in answer["rows"]:
        label = row["label"]
        if label is not None and row["row"] is not None:
            times = _moment(label["label_time"]), _moment(label["labelled_at"])
            found[row["row"]] = Label(label["value"], label["censored"], *times)
    return found


def to_version(answer: Mapping[str, Any]) -> DatasetVersion:
    return DatasetVersion(
        answer["name"], answer["number"], answer["id"], answer["digest"], answer["files"], answer["bytes"],
        answer["rows"], answer["message"], _moment(answer["created_at"]), answer["created_by"],
    )  # fmt: skip


def to_quality(answer: Mapping[str, Any]) -> QualityWindow:
    quality = answer["quality"] or {}
    verdict = quality.get("verdict")
    metrics = {
        one["name"]: Metric(one["name"], one["value"], one["low"], one["high"], one["rows"])
        for one in quality.get("metrics", [])
    }
    return QualityWindow(
        _moment(answer["start"]), _moment(answer["end"]), answer["state"], answer["revision"],
        quality.get("predictions", 0), quality.get("labelled", 0), quality.get("coverage"), metrics,
        None if verdict is None else verdict["state"],
    )  # fmt: skip


def to_window(answer: Mapping[str, Any]) -> Window:
    return Window(
        _moment(answer["start"]), _moment(answer["end"]), answer["state"], answer["rows"], answer["late"],
        None if answer["version"] is None else plain(answer["version"]), dict(answer["alarms"]),
    )  # fmt: skip


def plain(version: str) -> str:
    """`flights/3` of `version:flights/3`."""
    return version[len("version:") :] if version.startswith("version:") else version
