"""The embedded PostgreSQL: how it is started, recognised, asked and repaired."""

import os
from pathlib import Path
from signal import Signals

import psutil
import psycopg
from psycopg import sql

from worker.servers import cluster, processes
from worker.servers.home import Access, Home, Tell
from worker.servers.ports import LOOPBACK
from worker.servers.processes import Launch
from worker.servers.server import Answer, move, wait

_DATABASE = "avouch"

_SETTINGS = {
    # A laptop's share. Durability is PostgreSQL's default and stays: fsync and synchronous_commit are on.
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "96MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "jit": "off",  # Our statements are short; compiling them costs more than it saves.
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",  # `probe` and the remedies read messages.
    # A failed statement, its row and its key are personal data, and a log is read by many.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}

_ANSWERS = {
    "password authentication failed": Answer.REFUSED,
    # It is as well as can be, and busy for others: no reason to start it again.
    "too many clients": Answer.READY,
}


class Postgres:
    """One PostgreSQL on loopback, with a password: other users of the machine reach loopback, too."""

    key = "postgres"
    name = "PostgreSQL"
    # Fast shutdown: sessions end, all is written. Then the immediate one: the next start recovers.
    stop_plan = ((Signals.SIGINT, 30.0), (Signals.SIGQUIT, 10.0), (Signals.SIGKILL, 5.0))
    after_a_kill = "It recovers by itself; nothing that was committed is lost."
    remedies = (
        # Processes of a killed server take up to two seconds to notice; until then its memory is in use.
        ("is still in use", wait),
        ("Address already in use", move),
    )

    def __init__(self, home: Home) -> None:
        """Look at nothing yet."""
        self._home = home
        self.log = home.run / "postgres.log"

    @property
    def data(self) -> Path:
        return cluster.data_of(self._home.path)

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def find(self) -> psutil.Process | None:
        """Return the server that runs on our data, whoever started it."""
        return processes.find(self.pid_file, program="postgres", argument=str(self.data))

    def url(self, access: Access) -> str:
        return (
            f"postgresql+psycopg://{cluster.SUPERUSER}:{access.password}@{LOOPBACK}:{access.port}/{_DATABASE}"
        )

    def prepare(self, access: Access, tell: Tell) -> Launch:
        """Set up the data if there is none, and return how to start the server on it."""
        data, account = cluster.set_up(self._home, access.password, tell)
        self._disown_pid()
        settings = _SETTINGS | {
            "listen_addresses": LOOPBACK,
            "port": str(access.port),
            "unix_socket_directories": "",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Launch([str(cluster.programs(account) / "postgres"), "-D", str(data), *options], account)

    def probe(self, access: Access) -> Answer:
        """Log in, as the proof that it is our server and that it takes connections."""
        try:
            with self._connect(access):
                return Answer.READY
        except psycopg.OperationalError as error:
            # libpq gives no error code for a failed connection, only the server's words.
            return next((answer for words, answer in _ANSWERS.items() if words in str(error)), Answer.NOT_YET)

    def finish(self, access: Access) -> None:
        """Make our database, if this is the first start or the first one was cut short."""
        with self._connect(access) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [_DATABASE])
            if found.rowcount == 0:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))

    def reset_password(self, access: Access, tell: Tell) -> None:
        """Give the stopped server the password we know: the file with its old one was lost."""
        tell(f"{self.name} got a new password, because {self._home.run / 'state.json'} did not hold its own.")
        launch = self.prepare(access, tell)
        statement = f"ALTER ROLE {cluster.SUPERUSER} PASSWORD '{access.password}'\n"
        cluster.run(
            [launch.argv[0], "--single", "-D", str(self.data), "postgres"], launch.account, words=statement
        )

    def _disown_pid(self) -> None:
        """Keep PostgreSQL from taking a program that got a killed server's pid for that server.

        Our own pid in the file says that it is stale: PostgreSQL does not suspect who starts it. The rest of
        the file stays: it tells whether processes of the killed server still use its memory.
        """
        pid = processes.pid_in(self.pid_file)
        if pid is not None and psutil.pid_exists(pid):
            _, *rest = self.pid_file.read_text(encoding="utf-8").splitlines(keepends=True)
            self.pid_file.write_text("".join([f"{os.getpid()}\n", *rest]), encoding="utf-8")

    def _connect(self, access: Access) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=LOOPBACK,
            port=access.port,
            user=cluster.SUPERUSER,
            password=access.password,
            dbname="postgres",
            connect_timeout=2,
            autocommit=True,
        )
