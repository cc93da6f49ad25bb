"""Sends and gets files in parts with the stock client; prints what came back as JSON."""

import hashlib
import json
import os
import sys
import tempfile

import mlflow


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main():
    folder = tempfile.mkdtemp()
    whole = os.path.join(folder, "gewichte é %+'1.bin")
    with open(whole, "wb") as file:
        file.write(os.urandom(11 * 1024 * 1024 + 3))
    with mlflow.start_run() as run:
        mlflow.log_artifact(whole, "model dir")
    back = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path=f"model dir/{os.path.basename(whole)}"
    )
    names = [(f.path, f.file_size) for f in mlflow.MlflowClient().list_artifacts(run.info.run_id, "model dir")]
    json.dump({"same": digest(whole) == digest(back), "names": names}, sys.stdout)


if __name__ == "__main__":
    main()
