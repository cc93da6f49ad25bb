"""What an unmodified MLflow client does with the registry. Ends with a line of JSON: what it saw."""

import json
import os
import sys

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

client = MlflowClient()
frame = pd.DataFrame({"a": np.linspace(-1, 1, 40), "b": np.linspace(1, 0, 40)})
model = LogisticRegression().fit(frame, (frame["a"] > frame["b"]).astype(int))
answers = model.predict(frame).tolist()
seen = {}


def predicts_the_same(uri):
    return mlflow.pyfunc.load_model(uri).predict(frame).tolist() == answers


def refused(call):
    try:
        call()
    except MlflowException as error:
        return error.error_code
    return None


def register():
    mlflow.set_experiment("registry")
    with mlflow.start_run() as run:
        logged = mlflow.sklearn.log_model(model, name="clf", pip_requirements=[])
    first = mlflow.register_model(f"models:/{logged.model_id}", "flights", tags={"seed": "7"})
    second = mlflow.register_model(f"runs:/{run.info.run_id}/clf", "flights")
    with mlflow.start_run():
        third = mlflow.sklearn.log_model(
            model, name="again", registered_model_name="flights", pip_requirements=[]
        )
    with mlflow.start_run() as classic:
        mlflow.sklearn.save_model(model, "saved", pip_requirements=[])
        mlflow.log_artifacts("saved", "plain")
    fourth = mlflow.register_model(f"runs:/{classic.info.run_id}/plain", "flights")
    versions = {int(v.version): v for v in client.search_model_versions("name = 'flights'")}
    seen["register"] = {
        "numbers": [first.version, second.version, third.registered_model_version, fourth.version],
        "runs": [versions[n].run_id == r for n, r in ((1, run.info.run_id), (2, run.info.run_id), (4, classic.info.run_id))],
        "sources": [
            versions[n].source.replace(model_id, "MODEL")
            for n, model_id in ((1, logged.model_id), (2, logged.model_id), (3, third.model_id))
        ],
        "tags": [versions[1].tags, versions[2].tags],
        "status": versions[1].status,
        "noted": json.loads(client.get_logged_model(logged.model_id).tags["mlflow.modelVersions"]),
    }


def decide():
    client.set_registered_model_alias("flights", "champion", "1")
    client.set_registered_model_alias("flights", "champion", "2")
    client.set_registered_model_alias("flights", "other", 2)
    by_alias = client.get_model_version_by_alias("flights", "champion")
    seen["alias"] = {
        "version": by_alias.version,
        "aliases": sorted(by_alias.aliases),
        "of_model": client.get_registered_model("flights").aliases,
    }
    client.delete_registered_model_alias("flights", "other")
    seen["alias"]["deleted"] = refused(lambda: client.get_model_version_by_alias("flights", "other"))
    client.transition_model_version_stage("flights", "1", "Production")
    client.transition_model_version_stage("flights", "3", "production", archive_existing_versions=True)
    latest = client.get_latest_versions("flights")
    seen["stages"] = {
        "latest": sorted((v.current_stage, v.version) for v in latest),
        "production": [v.version for v in client.get_latest_versions("flights", ["Production"])],
    }


def load():
    uris = ("1", "3", "4", "latest", "Production")
    seen["load"] = {uri: predicts_the_same(f"models:/flights/{uri}") for uri in uris}
    seen["load"]["@champion"] = predicts_the_same("models:/flights@champion")
    uri = client.get_model_version_download_uri("flights", "1")
    seen["download"] = uri.startswith("mlflow-artifacts:/") and "/models/m-" in uri


def describe():
    client.update_registered_model("flights", "Delays of more than 15 minutes.")
    client.update_model_version("flights", "1", "The first one.")
    client.set_registered_model_tag("flights", "team", "ops")
    client.set_registered_model_tag("flights", "gone", "x")
    client.delete_registered_model_tag("flights", "gone")
    client.set_model_version_tag("flights", "1", "checked", "yes")
    client.delete_model_version_tag("flights", "1", "seed")
    found = client.get_registered_model("flights")
    version = client.get_model_version("flights", "1")
    seen["describe"] = [found.description, found.tags, version.description, version.tags, version.aliases]


def search():
    for i in range(5):
        client.create_registered_model(f"many-{i}", tags={"i": str(i)}, description=f"number {i}")
    pages, token = [], None
    while True:
        page = client.search_registered_models("name LIKE 'many-%'", max_results=2, order_by=["name DESC"], page_token=token)
        pages.append([m.name for m in page])
        token = page.token
        if not token:
            break
    run_id = client.get_model_version("flights", "1").run_id
    seen["search"] = {
        "pages": pages,
        "tag": [m.name for m in client.search_registered_models("tags.i = '3'")],
        "versions": [v.version for v in client.search_model_versions("name='flights'", order_by=["version_number ASC"])],
        "of_run": sorted(v.version for v in client.search_model_versions(f"run_id = '{run_id}'")),
        "checked": [v.version for v in client.search_model_versions("tags.checked = 'yes'")],
    }
    mlflow.genai.register_prompt("greeting", "Hello {{name}}")
    seen["prompts"] = {
        "text": mlflow.genai.load_prompt("prompts:/greeting/1").format(name="Ana"),
        "models": [m.name for m in client.search_registered_models("name = 'greeting'")],
        "found": [p.name for p in mlflow.genai.search_prompts()],
    }


def copy_and_end():
    copied = client.copy_model_version("models:/flights/1", "copied")
    seen["copy"] = [copied.version, copied.source, copied.run_id == client.get_model_version("flights", "1").run_id]
    seen["copy"].append(predicts_the_same("models:/copied/1"))
    client.rename_registered_model("flights", "delays")
    seen["renamed"] = [predicts_the_same("models:/delays@champion"), refused(lambda: client.get_registered_model("flights"))]
    client.delete_model_version("delays", "4")
    seen["deleted"] = [
        refused(lambda: client.get_model_version("delays", "4")),
        client.create_model_version("delays", "s3://somewhere/else").version,
    ]
    client.delete_registered_model("delays")
    seen["deleted"].append(refused(lambda: client.get_model_version("delays", "1")))


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    for step in (register, decide, load, describe, search, copy_and_end):
        step()
    print(json.dumps(seen))
