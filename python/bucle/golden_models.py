"""The logged models of a run, from the tracking server and back to it. The server may be away for a while."""

import contextlib
import json
import os
import random
import shutil
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

PAGE = 100
LONGEST_PAUSE = 10
GONE = {"TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "REQUEST_LIMIT_EXCEEDED"}


def patiently(act, seconds):
    """Calls `act`, again and again for `seconds` while it fails as if the server were away."""
    deadline, pause = time.monotonic() + seconds, 0.2
    while True:
        try:
            return act()
        except Exception as error:
            if not _is_away(error) or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(LONGEST_PAUSE, pause * 2)


def list_models(run_id):
    """Ids of the models that a run logged, oldest first."""
    from mlflow import MlflowClient

    client = MlflowClient()
    run = client.get_run(run_id)
    found, token = [], None
    while True:
        page = client.search_logged_models(
            [run.info.experiment_id], filter_string=f"source_run_id = '{run_id}'", max_results=PAGE, page_token=token
        )
        found += [(model.creation_timestamp, model.model_id) for model in page]
        token = page.token
        if not token:
            break
    ids = [model_id for _, model_id in sorted(found)]
    outputs = getattr(run.outputs, "model_outputs", None) or []
    return ids + [output.model_id for output in outputs if output.model_id not in ids]


@contextlib.contextmanager
def downloaded(model_id, seconds):
    """The folder of a model, for as long as it is needed."""
    import mlflow.artifacts

    folder = tempfile.mkdtemp(prefix="bucle-golden-")
    try:
        yield patiently(lambda: mlflow.artifacts.download_artifacts(f"models:/{model_id}", dst_path=folder), seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def upload(tracking_uri, model_id, body, seconds):
    """Hands a golden document to the server; the same again changes nothing."""
    patiently(lambda: _send("PUT", tracking_uri, model_id, body), seconds)


def is_stored(tracking_uri, model_id, seconds):
    """Whether the server has what a job recorded for this model: models never change."""

    def ask():
        try:
            return json.loads(_send("GET", tracking_uri, model_id, None)).get("origin") == "job"
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return False
            raise
        except ValueError:
            return False

    return patiently(ask, seconds)


def _send(method, tracking_uri, model_id, body):
    name = urllib.parse.quote(model_id, safe="")
    headers = {"content-type": "application/json"}
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if token:
        headers["authorization"] = f"Bearer {token}"
    url = f"{tracking_uri.rstrip('/')}/api/v1/logged-models/{name}/golden"
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def _is_away(error):
    if isinstance(error, urllib.error.HTTPError):
        return error.code in (429, 502, 503, 504)
    if isinstance(error, (urllib.error.URLError, ConnectionError, TimeoutError)):
        return True
    if type(error).__name__ == "MlflowException":
        code = getattr(error, "error_code", "")
        return code in GONE and any(word in str(error) for word in ("API request", "Connection", "Max retries", "50"))
    return type(error).__module__.startswith(("requests", "urllib3")) and "HTTPError" not in type(error).__name__
