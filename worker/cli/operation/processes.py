"""Commands that run processes: all of them in one terminal, or one alone in a container."""

import sys
from collections.abc import Sequence

import click

from worker.cli.options import as_json

PORT = click.IntRange(0, 65_535)


@click.command()
@click.option("--once", is_flag=True, help="Play the story and end, instead of staying up.")
@click.option("--flower-port", type=PORT, help="Where Flower listens. Default: 5555, or one that is free.")
@as_json
def demo(*, once: bool, flower_port: int | None, as_json: bool) -> None:
    """Watch calls, chats and files come in, and leads become users.

    Everything is real but the vendors: servers, workers, beat, Flower, on a home of its own.

    \b
    Example:
        avouch demo
        avouch demo --once
    """
    from worker.demo.run import play

    sys.exit(play(once=once, flower_port=flower_port, as_json=as_json))


@click.command()
@click.option(
    "--concurrency", type=click.IntRange(1, 256), help="Tasks at a time. Default: AVOUCH_CONCURRENCY, or 2."
)
@click.option("--flower-port", type=PORT, help="Where Flower listens. Default: 5555, or one that is free.")
@as_json
def up(concurrency: int | None, flower_port: int | None, *, as_json: bool) -> None:
    """Run workers, beat and Flower until Ctrl-C.

    The servers they need start by themselves. Sources are pulled by their schedules in avouch.toml, which is
    read again whenever it changes. Ctrl-C lets running tasks finish; press it again to hurry.

    \b
    Example:
        avouch up
        avouch up --concurrency 4
    """
    from worker.cli.operation import running

    sys.exit(running.up(concurrency, flower_port, as_json=as_json))


@click.command()
@as_json
def migrate(*, as_json: bool) -> None:
    """Bring the database's tables to this version.

    Safe to run beside workers of the version before.

    \b
    Example:
        avouch migrate
    """
    from worker import wiring
    from worker.cli import show
    from worker.session import connected
    from worker.storage import migrate as tables
    from worker.storage.database import engine_for

    with connected():
        engine = engine_for(str(wiring.settings().database_url))
        changed = not tables.is_current(engine)
        tables.upgrade(engine)
        engine.dispose()
    if as_json:
        show.json_line({"changed": changed})
    else:
        click.echo("The tables are those of this version now." if changed else "The tables were up to date.")


class Queues(click.ParamType[Sequence[str]]):
    """Names of queues with commas between."""

    name = "names"

    def convert(
        self, value: str | Sequence[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Sequence[str]:
        from config.queues import QUEUES

        names = value.split(",") if isinstance(value, str) else value
        for name in names:
            if name not in QUEUES:
                self.fail(f"no queue is called {name}. There are: {', '.join(QUEUES)}", param, ctx)
        return names


@click.command()
@click.option(
    "--queues",
    type=Queues(),
    default="tick,sync,resolve,background",
    show_default=True,
    help="What it takes from.",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 256), help="Tasks at a time. Default: AVOUCH_CONCURRENCY, or 2."
)
def worker(queues: Sequence[str], concurrency: int | None) -> None:
    """Run one worker.

    For a container, or a supervisor of your own. Ends on SIGTERM, with running tasks finished.

    \b
    Example:
        avouch worker
        avouch worker --queues tick --concurrency 1
    """
    from worker.cli.operation import running

    running.worker(queues, concurrency)


@click.command()
def beat() -> None:
    """Run beat, which sends the tick every two seconds.

    A second one does no harm.

    \b
    Example:
        avouch beat
    """
    from worker.cli.operation import running

    running.beat()


@click.command()
@click.option(
    "--address", help="Where it listens. Default: everywhere with FLOWER_BASIC_AUTH set, else 127.0.0.1."
)
@click.option("--port", type=PORT, help="Default: AVOUCH_FLOWER_PORT, or 5555.")
def flower(address: str | None, port: int | None) -> None:
    """Run Flower, which shows workers and tasks.

    FLOWER_BASIC_AUTH is its user:password; without it, one is made and kept in the home.

    \b
    Example:
        FLOWER_BASIC_AUTH=ops:secret avouch flower
    """
    from worker.cli.operation import running

    running.flower(address, port)
