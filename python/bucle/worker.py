"""`python -m bucle.worker`: answers requests for one model over descriptors 3 (in) and 4 (out).

Standard output and error belong to the model: whatever it prints goes to the log and never into an answer.
"""

import fcntl
import os
import sys
import time

from .frames import FrameTooLarge, encode_frame, read_frame, write_all

REQUESTS, ANSWERS = 3, 4
FAR = 64


def main():
    try:
        requests, answers = _take(REQUESTS), _take(ANSWERS)
    except OSError:
        sys.exit("bucle.worker is started by the gateway, with pipes on descriptors 3 and 4.")
    try:
        code = serve(requests, answers)
    except FrameTooLarge as error:
        print(f"bucle.worker: {error}", file=sys.stderr)
        code = 2
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread of the model must not keep the process alive after its gateway has gone.
    os._exit(code)


def serve(requests, answers):
    """Answers until the requests end. Returns the exit code."""
    state = {}
    while True:
        try:
            request = read_frame(requests)
        except (ValueError, RecursionError) as error:
            print(f"bucle.worker: a frame that is not JSON: {error}", file=sys.stderr)
            return 2
        if request is None:
            return 0
        identity = request.get("id") if isinstance(request, dict) else None
        try:
            data = _encode(identity, _handle(state, request))
            write_all(answers, data)
        except BrokenPipeError:
            return 0


def _handle(state, request):
    if not isinstance(request, dict):
        return _failure("schema", "A request is an object.")
    operation = request.get("op")
    if operation == "ping":
        return {"ok": True}
    if operation == "load":
        return _load(state, request.get("path"))
    if operation == "predict":
        return _predict(state.get("model"), request)
    return _failure("schema", f"There is no operation {str(operation)[:100]}: load, predict and ping exist.")


def _load(state, path):
    started = time.monotonic()
    from .model import LoadError, describe_model, load

    if not isinstance(path, str):
        return _failure("load", "`path` names the folder of the model.")
    try:
        state["model"] = load(path)
        return {"ok": True, "info": describe_model(state["model"], started)}
    except LoadError as error:
        return _failure("load", str(error))


def _predict(model, request):
    from .model import ModelError, SchemaError, describe_error

    if model is None:
        return _failure("load", "No model is loaded.")
    try:
        started = time.perf_counter_ns()
        outputs = _answer(model, request)
        micros = (time.perf_counter_ns() - started) // 1_000
        return {"ok": True, "outputs": outputs, "micros": micros}
    except SchemaError as error:
        return _failure("schema", str(error))
    except ModelError as error:
        return _failure("model", str(error))
    except Exception as error:
        return _failure("model", describe_error(error))


def _answer(model, request):
    from .model import SchemaError

    params = request.get("params")
    if params is not None and not isinstance(params, dict):
        raise SchemaError("`params` is an object.")
    if "tensor" in request:
        return model.predict_tensor(request["tensor"], params)
    columns, rows = request.get("columns"), request.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise SchemaError("A request to predict has `columns` and `rows`, or `tensor`.")
    return model.predict([str(name) for name in columns], rows, params)


def _encode(identity, answer):
    try:
        return encode_frame({"id": identity, **answer})
    except (FrameTooLarge, ValueError, TypeError) as error:
        return encode_frame({"id": identity, **_failure("model", f"The answer can't be sent: {error}.")})


def _failure(kind, message):
    return {"ok": False, "error": {"kind": kind, "message": message}}


def _take(descriptor):
    # Out of the way of the model's own files, and not inherited by what the model starts.
    far = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FAR)
    os.close(descriptor)
    return far


if __name__ == "__main__":
    main()
