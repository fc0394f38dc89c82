"""Celery's settings: known to the Celery that is installed, and consistent with each other."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.app.defaults import NAMESPACES, SETTING_KEYS, flatten
from kombu.transport.redis import Channel

from config.queues import (
    BROKER_TRANSPORT,
    CELERY_SETTINGS,
    HARD_LIMIT_SECONDS,
    QUEUES,
    ROUTES,
    SOFT_LIMIT_SECONDS,
    TICK_EXPIRES_SECONDS,
    TICK_SECONDS,
    VISIBILITY_SECONDS,
)


def an_app() -> Any:
    app = Celery("avouch", broker="memory://", set_as_current=False)
    app.config_from_object(dict(CELERY_SETTINGS))
    return app


def test_every_setting_is_one_that_celery_knows() -> None:
    assert set(CELERY_SETTINGS) <= SETTING_KEYS


def test_no_setting_is_deprecated() -> None:
    deprecated = {name for name, option in flatten(NAMESPACES) if option.deprecate_by or option.remove_by}

    assert not deprecated & set(CELERY_SETTINGS)


def test_every_transport_option_is_one_that_the_broker_knows() -> None:
    known = {*Channel.from_transport_options, "socket_timeout", "socket_connect_timeout"}

    assert set(BROKER_TRANSPORT) <= known


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("avouch.tick", "tick"),
        ("sync.source", "sync"),
        ("resolve.changed", "resolve"),
        ("convert.lead", "resolve"),
        ("dedupe.changed", "background"),
        ("dedupe.all", "background"),
        ("reconcile.leads", "background"),
        ("reconcile.verify", "background"),
        ("maintenance.outbox", "background"),
        ("something.new", "background"),
    ],
)
def test_a_task_goes_to_its_queue(task: str, queue: str) -> None:
    app = an_app()

    options = app.amqp.Router(queues=app.amqp.queues).route({}, task)

    assert options.get("queue", app.amqp.queues[app.conf.task_default_queue]).name == queue


def test_a_worker_reads_all_queues_and_no_other() -> None:
    assert set(an_app().amqp.queues.consume_from) == set(QUEUES) == {*ROUTES.values()}


def test_a_slow_task_is_not_delivered_twice() -> None:
    assert SOFT_LIMIT_SECONDS < HARD_LIMIT_SECONDS
    assert 3 * HARD_LIMIT_SECONDS <= VISIBILITY_SECONDS


def test_an_old_tick_expires_and_a_fresh_one_does_not() -> None:
    assert TICK_SECONDS < TICK_EXPIRES_SECONDS


def test_the_tick_is_all_that_beat_sends_and_it_keeps_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = an_app()

    scheduler = app.Beat().Service(app, scheduler_cls=app.conf.beat_scheduler).get_scheduler()

    assert {(entry.task, entry.schedule.run_every) for entry in scheduler.schedule.values()} == {
        ("avouch.tick", timedelta(seconds=TICK_SECONDS))
    }
    assert list(tmp_path.iterdir()) == []
