"""The client itself."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import Any, Dict, Iterator, List, Mapping, Optional, Union

from .errors import BucleError
from .http import Connection, segment
from .labels import Moment, chunks, key_of, read_labels
from .records import (
    Dataset,
    DatasetVersion,
    LabelReceipt,
    Prediction,
    QualityWindow,
    Window,
    to_labels,
    to_prediction,
    to_quality,
    to_receipt,
    to_version,
    to_window,
)

DEFAULT_URL = "http://127.0.0.1:7070"
LABELS_AT_ONCE = 5_000
PIECE = 1024 * 1024


class Client:
    """Speaks to a Bucle server. One instance may be used by one thread at a time."""

    def __init__(self, url: Optional[str] = None, token: Optional[str] = None, *, timeout: float = 60.0,
                 tries: int = 4) -> None:  # fmt: skip
        """`url` is BUCLE_URL, or else MLFLOW_TRACKING_URI, where absent; `token` BUCLE_TOKEN or MLFLOW_TRACKING_TOKEN.

        `timeout` is seconds without an answer; `tries` is how often a request is sent before it fails.
        """
        tracking = os.environ.get("MLFLOW_TRACKING_URI", "")
        address = url or os.environ.get("BUCLE_URL") or (tracking if tracking.startswith("http") else DEFAULT_URL)
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"{address} is no address of a Bucle, such as {DEFAULT_URL}.")
        secret = token or os.environ.get("BUCLE_TOKEN") or os.environ.get("MLFLOW_TRACKING_TOKEN")
        self._to = Connection(address, secret, timeout, tries)

    def __repr__(self) -> str:
        return f"Client({self._to.url!r})"

    def label(self, endpoint: str, *, prediction: Optional[str] = None, key: Optional[object] = None,
              value: object = None, censored: Optional[str] = None, label_time: Optional[Moment] = None,
              event_time: Optional[Moment] = None) -> LabelReceipt:  # fmt: skip
        """Tells the truth about one prediction, named by `ID.k` or by the key that the endpoint declares.

        `censored` says instead why the truth will never be known. What is no label raises BucleError.
        """
        fields = {
            "prediction": prediction, "key": key, "event_time": event_time, "value": value,
            "label_time": label_time, "censored": censored,
        }  # fmt: skip
        receipt = self.label_many(endpoint, [fields])
        for refusal in receipt.refusals:
            raise BucleError(422, "LABELS_INVALID", refusal.problem, None, {}, None)
        return receipt

    def label_many(self, endpoint: str, labels: Any, *, columns: Optional[Mapping[str, str]] = None,
                   key: Optional[str] = None) -> LabelReceipt:  # fmt: skip
        """Sends labels from an iterable of mappings, or from a pandas DataFrame, in parts.

        `columns` names its columns: {"prediction": "bucle_id", "value": "late"}. The same labels sent again are
        counted once for as long as the server remembers their key, and after that as repeated: call it again after a
        failure. `key` replaces the key that is made of their content. What is no label is counted as invalid, and the
        receipt says why.
        """
        receipt = LabelReceipt()
        path = f"/api/v1/endpoints/{segment(endpoint)}/labels"
        for part, lines in enumerate(chunks(read_labels(labels, columns), LABELS_AT_ONCE)):
            headers = {
                "content-type": "application/x-ndjson",
                "idempotency-key": key_of(endpoint, lines, key, part),
            }
            answer = to_receipt(self._to.post(path, b"".join(lines), headers))
            receipt = receipt.plus(answer, before=part * LABELS_AT_ONCE)
        return receipt

    def prediction(self, id: str) -> Prediction:
        """A captured request, or one row of it (`ID.k`), with the labels that are known."""
        found = self._to.get(f"/api/v1/predictions/{segment(id)}")
        try:
            labels = to_labels(self._to.get(f"/api/v1/predictions/{segment(id)}/labels"))
        except BucleError as error:
            # Nobody watches this endpoint, or nobody has counted the request yet.
            if error.status != 404:
                raise
            labels = {}
        return to_prediction(found, labels)

    def datasets(self) -> List[Dataset]:
        """By name, each with its latest version."""
        pages = self._pages("/api/v1/datasets", "after", "datasets")
        return [Dataset(one["name"], one["versions"], to_version(one["latest"])) for one in pages]

    def versions(self, dataset: str, *, limit: Optional[int] = None) -> List[DatasetVersion]:
        """The newest first."""
        path = f"/api/v1/datasets/{segment(dataset)}"
        return [to_version(one) for one in self._pages(path, "before", "versions", limit)]

    def version(self, ref: str) -> DatasetVersion:
        """Of `flights@2`, of `dataset:flights@2`, or the latest of `flights`."""
        return to_version(self._to.get(_version_path(ref)))

    def files(self, ref: str) -> Dict[str, int]:
        """Paths in a version, with their bytes."""
        manifest = self._to.get(f"{_version_path(ref)}/manifest")
        return {one["path"]: one["size"] for one in manifest["files"]}

    def download(self, ref: str, to: Union[str, "os.PathLike[str]"]) -> Path:
        """Brings all files of a version into a folder, which it answers; what is there already stays as it is.

        Each file is checked against its SHA-256 and appears whole or not at all.
        """
        version = self.version(ref)
        base = _version_path(version.ref)
        folder = Path(to)
        for one in self._to.get(f"{base}/manifest")["files"]:
            target = folder.joinpath(*_safe_parts(one["path"]))
            if not (target.is_file() and _sha256(target) == one["sha256"]):
                self._fetch(f"{base}/files/{'/'.join(segment(part) for part in one['path'].split('/'))}", target,
                            one["sha256"])  # fmt: skip
        return folder

    def quality(self, endpoint: str, *, limit: Optional[int] = None) -> List[QualityWindow]:
        """Windows of event time with metrics and intervals, the newest first; `record()` of each fits a table."""
        path = f"/api/v1/endpoints/{segment(endpoint)}/quality"
        return [to_quality(one) for one in self._pages(path, "before", "windows", limit)]

    def windows(self, endpoint: str, *, limit: Optional[int] = None) -> List[Window]:
        """Windows of the monitor with what alarmed in them, the newest first."""
        path = f"/api/v1/endpoints/{segment(endpoint)}/windows"
        return [to_window(one) for one in self._pages(path, "before", "windows", limit)]

    def _pages(self, path: str, cursor: str, items: str, limit: Optional[int] = None) -> Iterator[Dict[str, Any]]:
        place: Any = None
        left = limit
        while left is None or left > 0:
            size = 200 if left is None else min(200, left)
            page = self._to.get(path, {cursor: place, "limit": size})
            yield from page[items]
            left = None if left is None else left - len(page[items])
            place = page["next"]
            if place is None:
                return

    def _fetch(self, path: str, target: Path, sha256: str) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        digest = hashlib.sha256()
        try:
            with self._to.open("GET", path) as answer, part.open("wb") as file:
                while piece := answer.read(PIECE):
                    digest.update(piece)
                    file.write(piece)
            if digest.hexdigest() != sha256:
                raise BucleError(0, "CLIENT_DAMAGED", f"{target.name} did not arrive whole.", "Call it again.", {}, None)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def _version_path(ref: str) -> str:
    name, _, number = ref.removeprefix("dataset:").partition("@")
    return f"/api/v1/datasets/{segment(name)}/versions/{segment(number or 'latest')}"


def _safe_parts(path: str) -> List[str]:
    """A server that is not what it says must not write elsewhere."""
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or any(part in ("..", "") or "\\" in part for part in parts):
        raise BucleError(0, "CLIENT_DAMAGED", f"{path} is no path in a folder.", None, {}, None)
    return list(parts)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
