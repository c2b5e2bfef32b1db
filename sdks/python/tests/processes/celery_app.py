"""Tasks for a Celery worker that forks its pool, with a client that is in use by then.

`python celery_app.py 20` asks for 20 visits. The broker is the folder that BROKER_FOLDER names.
"""

import os
import sys

from celery import Celery

from vibefollow import VibeFollow

folder = os.environ["BROKER_FOLDER"]
app = Celery("celery_app", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": folder, "data_folder_out": folder, "control_folder": f"{folder}/control",
}  # fmt: skip
client = VibeFollow()
buffer = client.events.buffer(max_age=600)


@app.task(name="visit")  # type: ignore[untyped-decorator]  # Celery has no types
def visit(user_id: str) -> None:
    """Track a visit, and note which process did."""
    buffer.track("visited", user_id)
    client.users.identify(user_id, {"process": os.getpid()})


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        visit.delay(f"user_{number}")
else:
    client.events.track("loaded", "master")
    buffer.track("buffered", "master")
