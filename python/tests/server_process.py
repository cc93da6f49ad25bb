"""A real control server on a folder of its own."""

import json
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pyarrow

ROOT = Path(__file__).resolve().parents[2]


def node(script, *args):
    """A command that runs one of the sources."""
    return [str(ROOT / "node_modules/.bin/node"), "-C", "@bucle/source", str(ROOT / script), *args]


class Server:
    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(folder / "server.log", "wb")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BUCLE_", "MLFLOW_"))}
        env = {**kept, "BUCLE_DATA": str(folder / "data"), "BUCLE_PORT": str(port), "BUCLE_URL": self.url}
        command = node("server/src/main.ts", "server")
        self.process = subprocess.Popen(command, env=env, stdout=self.log, stderr=self.log, cwd=folder)
        self._wait(folder)

    def _wait(self, folder):
        for _ in range(300):
            try:
                return self.ask("GET", "/api/v1/status")
            except OSError:
                told = (folder / "server.log").read_text()
                assert self.process.poll() is None, told
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def ask(self, method, path, json_body=None, body=None, content_type="application/json"):
        sent = body if json_body is None else json.dumps(json_body).encode()
        headers = {} if sent is None else {"content-type": content_type}
        request = urllib.request.Request(self.url + path, data=sent, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def capture(self, log, first, captures):
        """Delivers answered requests as a gateway does."""
        header = {"format": "bucle.captures.v1", "gateway": "g-1", "log": log, "first": first,
                  "count": len(captures), "losses": []}  # fmt: skip
        lines = "".join(json.dumps(one) + "\n" for one in [header, *captures]).encode()
        return self.ask("POST", "/api/v1/gateway/captures", body=pyarrow.compress(lines, codec="zstd", asbytes=True),
                        content_type="application/vnd.bucle.captures")  # fmt: skip

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
