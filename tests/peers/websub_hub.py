"""A real WebSub hub, run by tests/peers/test_websub.py with the peers' own Python: a web application and its worker."""

import os

from celery import Celery
from flask import Flask
from flask_websub.hub import Hub, SQLite3HubStorage

REDIS = os.environ["HUB_REDIS"]
LEASE_S = int(os.environ["HUB_LEASE_S"])

celery = Celery("hub", broker=REDIS, backend=REDIS)
hub = Hub(
    SQLite3HubStorage(os.environ["HUB_FILE"]),
    celery,
    PUBLISH_SUPPORTED=True,
    SIGNATURE_ALGORITHM=os.environ["HUB_ALGORITHM"],
    BACKOFF_BASE=0.5,
)
app = Flask(__name__)
app.config.update(
    PUBLISH_SUPPORTED=True,
    HUB_MIN_LEASE_SECONDS=LEASE_S,
    HUB_DEFAULT_LEASE_SECONDS=LEASE_S,
    HUB_MAX_LEASE_SECONDS=LEASE_S,
)
app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))

if __name__ == "__main__":
    app.run(port=int(os.environ["HUB_PORT"]))
