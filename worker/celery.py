"""The Celery app: `celery -A worker.celery` starts workers and beat, and calls tasks by name.

Tasks are doorbells (see `worker.tasks`); what is due, and what was done, is in PostgreSQL.
"""

import os
from logging import INFO, getLogger
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from config import logging
from config.queues import CELERY_SETTINGS
from config.settings import Settings
from worker import servers, wiring

app = Celery("avouch", include=["worker.tasks"])


@app.add_defaults
def _settings() -> dict[str, Any]:
    """Settle the settings when they are needed first: by then a command has started its servers."""
    return {**CELERY_SETTINGS, "broker_url": servers.last_broker_url(Settings.load(os.environ))}


@setup_logging.connect
def _set_up_logging(**_: object) -> None:
    logging.configure(os.environ)
    # "ready" is always written, for whoever started the worker waits for that line.
    getLogger("celery.apps.worker").setLevel(min(INFO, getLogger().level))


@worker_process_init.connect
def _start_clean(**_: object) -> None:
    wiring.forget()
