"""How Celery runs here: the queues, which task goes where, and every setting with its reason.

A message is a hint and PostgreSQL is the record of work, so a lost, doubled or late message does no harm.
The settings below keep messages from being lost often, and a bad one from blocking the others.
"""

from collections.abc import Mapping
from typing import Any

from kombu.entity import Queue

QUEUES = ("tick", "sync", "resolve", "background")
"""One queue for each kind of work, so that a flood of one kind never delays the tick that finds all work."""

ROUTES: Mapping[str, str] = {
    "avouch.tick": "tick",
    "sync.source": "sync",
    "resolve.changed": "resolve",
    "convert.lead": "resolve",
    "dedupe.*": "background",
    "reconcile.*": "background",
    "maintenance.*": "background",
}
"""The queue of each task, by its stable name; a star stands for any ending."""

TICK_SECONDS = 2
"""How long due work waits at most before it is found. A tick is one indexed query."""

TICK_EXPIRES_SECONDS = 5
"""A tick that nobody took is worthless once the next ones are sent: after an outage only the newest run."""

SOFT_LIMIT_SECONDS = 60
"""A task works for about ten seconds. One that takes six times as long hangs, and is told so."""

HARD_LIMIT_SECONDS = 90
"""The end of a task that didn't hear the soft limit. Leases are longer than this."""

VISIBILITY_SECONDS = 600
"""When an unacknowledged message is delivered again. Below three hard limits, slow tasks would run twice."""

SOFT_SHUTDOWN_SECONDS = 20
"""How long a stopping worker lets tasks finish: two task lengths. A container's grace period is longer."""

BROKER_TRANSPORT: Mapping[str, Any] = {
    "visibility_timeout": VISIBILITY_SECONDS,
    # Look for messages to deliver again every 5 s; the default sweep is every 100 s.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # A worker that dies during the sweep holds up the next sweep this long (default 300 s).
    "unacked_mutex_expire": 30,
    # Without it, publishing to a broker that hangs waits for ever.
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    # Notice a connection that a firewall dropped silently.
    "socket_keepalive": True,
    "health_check_interval": 10,
}

CELERY_SETTINGS: Mapping[str, Any] = {
    # Queues: only those named here; a misspelt one is an error and not a new queue that nobody reads.
    "task_queues": tuple(
        Queue(name, routing_key=name)  # type: ignore[no-untyped-call]  # kombu publishes no types
        for name in QUEUES
    ),
    "task_routes": {task: {"queue": queue} for task, queue in ROUTES.items()},
    "task_default_queue": "background",
    "task_create_missing_queues": False,
    # Delivery: acknowledged when done, so a killed child doesn't lose the hint. A message that kills its
    # process isn't given back (it would kill without end): the row is still due and counts the attempt.
    "task_acks_late": True,
    "task_reject_on_worker_lost": False,
    # Fair: a worker holds what it works on, nothing more.
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,
    "broker_transport_options": dict(BROKER_TRANSPORT),
    # A task that runs while the broker restarts ends once and is acknowledged on the new connection.
    # Cancelling it there lost it.
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    # Publishing fails at once when the broker is away: the row stays due, the next tick sends again.
    "task_publish_retry": False,
    "broker_pool_acquire_timeout": 5,
    # A worker outlives any outage of the broker; the default gives up after 100 tries.
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    # JSON only: pickle lets whoever reaches the broker run code.
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "result_accept_content": ["json"],
    # Results are rows in PostgreSQL; a result backend would be a second, weaker record.
    "result_backend": None,
    "task_ignore_result": True,
    "task_store_errors_even_if_ignored": False,
    # Limits: a task is short, a child is renewed before a leak grows (kilobytes of resident memory).
    "task_soft_time_limit": SOFT_LIMIT_SECONDS,
    "task_time_limit": HARD_LIMIT_SECONDS,
    "worker_max_tasks_per_child": 200,
    "worker_max_memory_per_child": 250_000,
    # Stopping: SIGTERM lets running tasks finish, about ten seconds each; SIGQUIT gives back those that don't
    # in time. An idle worker ends at once: with the soft shutdown it would wait for nothing, 20 s long.
    "worker_soft_shutdown_timeout": SOFT_SHUTDOWN_SECONDS,
    "worker_enable_soft_shutdown_on_idle": False,
    # Flower lives on events. Arguments are names and ids; deeper values would be a mistake and aren't shown.
    "worker_send_task_events": True,
    "task_send_sent_event": True,
    "task_repr_maxlevels": 2,
    # Lines are written by config.logging, in one form for Celery and for us; print stays print.
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    # Beat sends the tick and nothing else: schedules are rows, so it keeps no file, and a second beat does
    # no harm. Its health check is a ping, which it leaves unanswered when it hasn't ticked for a minute
    # (twice the loop interval, a minute at least; the default interval would make that ten).
    "beat_scheduler": "celery.beat:Scheduler",
    "beat_schedule": {
        "tick": {
            "task": "avouch.tick",
            "schedule": float(TICK_SECONDS),
            "options": {"queue": "tick", "expires": TICK_EXPIRES_SECONDS},
        }
    },
    "beat_enable_remote_control": True,
    "beat_max_loop_interval": 10,
    # Times are UTC everywhere; only people's screens have a time zone.
    "enable_utc": True,
    "timezone": "UTC",
}
