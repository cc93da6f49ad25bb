"""A real worker over real pipes."""

import os
import subprocess
import sys
from pathlib import Path

from bucle.frames import encode_frame, read_frame, write_all

PYTHON_FOLDER = str(Path(__file__).parent.parent)


class Worker:
    def __init__(self, log):
        requests, self.to = os.pipe()
        self.answers, answers = os.pipe()
        # Descriptors 3 and 4 of the child: far copies first, since ours may lie in the way.
        far = [os.dup2(requests, 200, inheritable=True), os.dup2(answers, 201, inheritable=True)]
        script = 'exec "$0" -m bucle.worker 3<&200 4>&201 200<&- 201>&-'
        self.process = subprocess.Popen(
            ["bash", "-c", script, sys.executable], pass_fds=far, stdout=log, stderr=log,
            env={**os.environ, "PYTHONPATH": PYTHON_FOLDER},
        )  # fmt: skip
        for one in (requests, answers, *far):
            os.close(one)
        self.last = 0

    def send(self, **request):
        self.last += 1
        write_all(self.to, encode_frame({"id": self.last, **request}))

    def ask(self, **request):
        self.send(**request)
        answer = read_frame(self.answers)
        assert answer is None or answer.pop("id") == self.last
        return answer

    def close(self):
        """Ends the requests; the exit code."""
        os.close(self.to)
        self.to = None
        return self.process.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.to is not None:
            os.close(self.to)
        self.process.kill()
        self.process.wait()
        os.close(self.answers)
