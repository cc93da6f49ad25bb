"""`python -m bucle.golden`: records what models answer, in the environment that they were trained in.

    python -m bucle.golden --run RUN_ID [--tracking-uri URI] [--inputs FILE] [--input DIR]… [--out DIR] [--upload]
    python -m bucle.golden --model DIR --out FILE [--model-id ID] [--inputs FILE] [--input DIR]…

The last line of the output is a report in JSON. Exit codes: 0 recorded; 3 a model cannot be loaded where it was
made; 1 anything else.
"""

import argparse
import json
import os
import sys
import time

from .golden_document import build_golden, encode_golden
from .golden_models import downloaded, is_stored, list_models, patiently, upload
from .model import LoadError, load, quiet_mlflow

UNLOADABLE = 3


def main(arguments=None):
    options = _parse(arguments)
    quiet_mlflow()
    datasets = _datasets(options)
    if options.model:
        return _rebuild(options, datasets)
    return _record(options, datasets)


def _rebuild(options, datasets):
    model = _load_or_exit(options.model)
    identity = options.model_id or model.pyfunc.metadata.model_id or ""
    document = build_golden(model, model_id=identity, origin=options.origin or "rebuilt", datasets=datasets)
    write_file(options.out, encode_golden(document))
    _report([_summary(document)])
    return 0


def _record(options, datasets):
    import mlflow

    # One try each: the waiting is done here, where it ends in time.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    uri = options.tracking_uri or mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    deadline = time.monotonic() + options.retry_for
    left = lambda: max(0.0, deadline - time.monotonic())  # noqa: E731
    uploading = options.upload or not options.out
    reports, failed = [], None
    for model_id in patiently(lambda: list_models(options.run), left()):
        if uploading and not options.out and is_stored(uri, model_id, left()):
            reports.append({"model_id": model_id, "already": True})
            continue
        with downloaded(model_id, left()) as folder:
            try:
                model = load(folder)
            except LoadError as error:
                failed = failed or f"the logged model {model_id} cannot be loaded where it was made: {error}"
                reports.append({"model_id": model_id, "error": str(error)})
                continue
            document = build_golden(model, model_id=model_id, origin=options.origin or "job", datasets=datasets)
        body = encode_golden(document)
        if options.out:
            write_file(os.path.join(options.out, f"{model_id}.json"), body)
        if uploading:
            upload(uri, model_id, body, left())
        reports.append(_summary(document))
    if failed:
        print(failed, file=sys.stderr)
    _report(reports)
    return UNLOADABLE if failed else 0


def write_file(path, data):
    """Whole or not at all, also when the machine stops in between."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    temporary = f"{path}.tmp"
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _load_or_exit(folder):
    try:
        return load(folder)
    except LoadError as error:
        print(f"the model cannot be loaded: {error}", file=sys.stderr)
        sys.exit(UNLOADABLE)


def _summary(document):
    requests = document["requests"]
    return {
        "model_id": document["model_id"],
        "requests": len(requests),
        "rows": sum(len(one.get("rows", one.get("tensor", []))) for one in requests),
        "refused": sum(one["error"] is not None for one in requests),
        "notes": document["notes"],
    }


def _report(models):
    for model in models:
        print(_sentence(model), file=sys.stderr, flush=True)
    print(json.dumps({"models": models}, ensure_ascii=False), flush=True)


def _sentence(model):
    name = model["model_id"] or "the model"
    if "error" in model:
        return f"no golden answers of {name}: it cannot be loaded"
    if "already" in model:
        return f"the golden answers of {name} are recorded already"
    refused = f", {model['refused']} of them refused" if model["refused"] else ""
    return f"golden answers of {name}: {model['requests']} requests{refused}, {model['rows']} rows"


def _datasets(options):
    listed = []
    if options.inputs:
        with open(options.inputs, encoding="utf-8") as file:
            listed = json.load(file)
    for path in options.input:
        listed.append({"name": os.path.basename(os.path.normpath(path)), "version": None, "paths": [path]})
    return listed


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="bucle.golden", description="Records what models answer.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", help="id of the run whose logged models are asked")
    what.add_argument("--model", help="folder of one model")
    parser.add_argument("--tracking-uri")
    parser.add_argument("--model-id")
    parser.add_argument("--inputs", help="JSON file: a list of {name, version, paths}")
    parser.add_argument("--input", action="append", default=[], help="folder or file of one input dataset")
    parser.add_argument("--out", help="with --run a folder, with --model a file")
    parser.add_argument("--upload", action="store_true", help="hand it to the server (without --out: always)")
    parser.add_argument("--origin", choices=["job", "rebuilt"])
    parser.add_argument("--retry-for", type=float, default=300.0, help="seconds to wait for a server that is away")
    options = parser.parse_args(arguments)
    if options.model and not options.out:
        parser.error("--model needs --out FILE")
    return options


if __name__ == "__main__":
    sys.exit(main())
