"""The Celery app: `celery -A worker.celery` starts workers and beat, and calls tasks by name.

Tasks are doorbells (see `worker.tasks`); what is due, and what was done, is in PostgreSQL.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from config import logging
from config.queues import CELERY_SETTINGS
from config.settings import Settings
from worker import servers, wiring


def _broker_url() -> str:
    """Return the broker of the environment, or of the servers that run for this home."""
    settings = Settings.load(os.environ)
    return settings.broker_url or servers.running_broker_url(settings) or "redis://127.0.0.1:6379/0"


app = Celery("avouch", include=["worker.tasks"])
app.conf.update(CELERY_SETTINGS)
app.conf.broker_url = _broker_url()


@setup_logging.connect
def _set_up_logging(**_: Any) -> None:
    logging.configure(os.environ)


@worker_process_init.connect
def _start_clean(**_: Any) -> None:
    wiring.forget()
