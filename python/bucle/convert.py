"""`python -m bucle.convert --model DIR --golden FILE --out DIR --time-limit S`: writes model.onnx and conversion.json.

A model that can't be converted, or whose ONNX form isn't proven to answer the same, is an outcome: exit code 0 and a
`reason` in conversion.json. Other exit codes mean that this program itself failed.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile

from .convert_model import describe
from .golden import write_file
from .model import quiet_mlflow

FILES = ("model.onnx", "conversion.json")
TAIL = 400


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="bucle.convert", description="Converts a model to ONNX and proves it.")
    parser.add_argument("--model", required=True, help="folder of the MLflow model")
    parser.add_argument("--golden", required=True, help="its golden.json")
    parser.add_argument("--out", required=True, help="folder for model.onnx and conversion.json")
    parser.add_argument("--time-limit", type=float, default=300.0, help="seconds")
    options = parser.parse_args(arguments)
    os.makedirs(options.out, exist_ok=True)
    for name in FILES:
        if os.path.exists(os.path.join(options.out, name)):
            os.remove(os.path.join(options.out, name))
    quiet_mlflow()
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=options.out) as scratch:
        reason = _run_child(options, scratch)
        if reason is None:
            # The description last: where it is, the model is whole.
            for name in FILES:
                if os.path.exists(os.path.join(scratch, name)):
                    os.replace(os.path.join(scratch, name), os.path.join(options.out, name))
        else:
            body = json.dumps(describe(reason=reason), indent=1).encode()
            write_file(os.path.join(options.out, "conversion.json"), body)
    return 0


def _run_child(options, scratch):
    """None when it wrote its files, or why it did not."""
    arguments = [options.model, options.golden, scratch]
    command = [sys.executable, "-m", "bucle.convert_model", *(os.path.abspath(one) for one in arguments)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    # A cancelled conversion takes its child along.
    signal.signal(signal.SIGTERM, lambda *_: (_kill(child), os._exit(143)))
    try:
        _, errors = child.communicate(timeout=options.time_limit)
    except subprocess.TimeoutExpired:
        _kill(child)
        child.communicate()
        return f"the conversion did not end within {options.time_limit:g} s"
    text = errors.decode("utf-8", "replace")
    sys.stderr.write(text)
    if child.returncode == 0 and os.path.exists(os.path.join(scratch, "conversion.json")):
        return None
    if child.returncode < 0:
        return f"the converter crashed ({signal.Signals(-child.returncode).name})"
    return f"the converter failed: {text.strip().splitlines()[-1][-TAIL:] if text.strip() else 'without a word'}"


def _kill(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit(main())
