"""What MlflowClient does with webhooks; the address of a receiver is the argument. Prints one line of JSON."""

import json
import sys

from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookEvent
from mlflow.exceptions import MlflowException


def refused(act):
    try:
        act()
    except MlflowException as error:
        return error.error_code
    return None


def main(url):
    client = MlflowClient()
    events = ["registered_model.created", "model_version_tag.set"]
    made = client.create_webhook("client", url, events, secret="hush")
    listed = [one.webhook_id == made.webhook_id for one in client.list_webhooks()]
    client.update_webhook(made.webhook_id, name="renamed", events=["prompt.created"], description="what for", status="DISABLED")
    changed = client.get_webhook(made.webhook_id)
    tested = client.test_webhook(made.webhook_id, event=WebhookEvent("prompt_alias", "created"))
    client.delete_webhook(made.webhook_id)
    print(
        json.dumps(
            {
                "made": [made.name, made.url, str(made.status), [str(event) for event in made.events], made.secret],
                "listed": listed,
                "changed": [
                    changed.name,
                    str(changed.status),
                    [str(event) for event in changed.events],
                    changed.description,
                ],
                "tested": [tested.success, tested.response_status, tested.response_body or ""],
                "deleted": refused(lambda: client.get_webhook(made.webhook_id)),
                "refused": refused(lambda: client.create_webhook("x", "ftp://example.org", events)),
            }
        )
    )


main(sys.argv[1])
