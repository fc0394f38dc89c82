"""`avouch demo`, from outside: the whole story on real servers, and nobody else's data touched."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy

from worker.servers import Endpoints

pytestmark = pytest.mark.servers

AVOUCH = Path(sys.executable).parent / "avouch"


def test_the_demo_tells_its_story_on_servers_of_its_own(
    new_home: Path, endpoints: Endpoints, database_url: str
) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE contacts AS SELECT 'precious' AS name"))

    done = subprocess.run(
        [AVOUCH, "demo", "--once", "--json", "--flower-port", "0"],
        env={
            **os.environ,
            "AVOUCH_HOME": str(new_home),
            "DATABASE_URL": database_url,
            "BROKER_URL": endpoints.broker_url,
            "AVOUCH_ID_KEY": "somebody's own",
        },
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )

    with engine.connect() as connection:
        kept = connection.execute(sqlalchemy.text("SELECT name FROM contacts")).scalars().all()
    engine.dispose()
    assert done.returncode == 0, done.stderr
    assert kept == ["precious"]
    told = json.loads(done.stdout)
    assert told["user"] > 20
    assert told["lead"] > 20
    assert told["suggestions"] > 0
    for line in (
        "the note is still there",
        "Now a user",
        "It stays a lead",
        "The cookie joins nobody",
        "to the byte",
    ):
        assert line in done.stderr
