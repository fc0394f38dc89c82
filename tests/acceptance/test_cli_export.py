"""The same evidence gives the same bytes: shuffled, doubled, split over imports that run at once."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.acceptance.terminal import Avouch, a_record, email, phone
from tests.acceptance.zygote import Zygote

pytestmark = pytest.mark.servers

PEOPLE = 120
Lines = list[dict[str, Any]]


def evidence(random: Random) -> Lines:
    """Return records of people who call, chat, log in and stand in the books; small pools, so that they clash."""
    records: Lines = []
    for n in range(PEOPLE):
        number, address = f"+346120000{n % 40:02}", f"person{n % 50}@example.com"
        name = f"{random.choice(('Ana', 'Eva', 'Leo'))} {random.choice(('Ruiz', 'Gil', 'Sanz'))}"
        at = {"at": "2026-03-01T10:00:00Z"}
        records += [
            a_record(
                f"call-{n}", phone(number), day=n % 9 + 1, interactions=[{"id": "i", "kind": "call", **at}]
            ),
            a_record(f"row-{n}", email(address, "stored"), phone(number, "stored"), day=n % 7 + 1, name=name),
        ]
        if n % 3 == 0:
            records.append(a_record(f"chat-{n}", email(address, method="otp"), phone(number), day=n % 5 + 3))
        if n % 5 == 0:
            account = {"type": "account", "namespace": "app", "value": f"u-{n % 30}", "level": "verified"}
            records.append(a_record(f"login-{n}", account, email(address, "claimed"), day=n % 4 + 1))
        if n % 7 == 0:
            again = a_record(f"row-{n}", email(f"new{n}@example.com", "stored"), day=n % 7 + 1, name=name)
            records.append(
                again | {"updated_at": "2026-03-20T10:00:00Z", "notes": [{"id": "n", "body": "moved", **at}]}
            )
    return records


EVIDENCE = evidence(Random(7))  # noqa: S311 - the same clashes in every run


def shuffled(lines: Lines, seed: int) -> Lines:
    return Random(seed).sample(lines, k=len(lines))  # noqa: S311 - as above


def at_once(avouch: Avouch, files: Sequence[Lines]) -> None:
    """Import all files as one source, each by a process of its own, all at the same time."""
    paths = [avouch.file(f"part-{n}.jsonl", *lines) for n, lines in enumerate(files)]
    with ThreadPoolExecutor() as pool:
        for process in list(pool.map(lambda path: avouch.start("import", path, "--source", "all"), paths)):
            _, said = process.communicate(timeout=120)
            assert process.returncode == 0, said


Way = Callable[[Avouch], None]

WAYS: dict[str, Way] = {
    "one file": lambda avouch: at_once(avouch, [EVIDENCE]),
    "shuffled": lambda avouch: at_once(avouch, [shuffled(EVIDENCE, 1)]),
    "doubled": lambda avouch: at_once(avouch, [shuffled(EVIDENCE * 2, 2)]),
    "split over five imports": lambda avouch: at_once(
        avouch, [shuffled(EVIDENCE, 3)[n::5] for n in range(5)]
    ),
}


@pytest.fixture(scope="module")
def exports() -> dict[str, bytes]:
    """The exports that were made so far, by the way the evidence came in."""
    return {}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_gives_the_same_export(
    way: str, zygote: Zygote, new_home: Path, exports: dict[str, bytes]
) -> None:
    avouch = Avouch(zygote, new_home.parent)

    WAYS[way](avouch)

    exports[way] = avouch("export").encode()
    assert len(set(exports.values())) == 1


def test_the_export_has_the_documented_form(zygote: Zygote, new_home: Path) -> None:
    avouch = Avouch(zygote, new_home.parent)
    call = a_record("c", phone("+34612345678"), day=1)
    chat = a_record("v", phone("+34612345678"), email("Ana@x.es"), day=2, name="Ana Ruiz")
    avouch("import", avouch.file("two.jsonl", call, chat), "--source", "chat")

    (line,) = avouch("export").splitlines()

    user, lead = json.loads(line)["id"], json.loads(line)["proofs"][1]["evidence"][0]
    assert line == (
        f'{{"id": "{user}", "kind": "user", "name": "Ana Ruiz",'
        ' "records": [{"source": "chat", "id": "c"}, {"source": "chat", "id": "v"}],'
        ' "identifiers": [{"type": "email", "value": "ana@x.es", "level": "verified"},'
        ' {"type": "phone", "value": "+34612345678", "level": "observed"}],'
        ' "interactions": 0, "notes": 0, "converted_at": "2026-03-02T10:00:00Z",'
        f' "proofs": [{{"rule": "verified-user", "evidence": ["{user}"]}},'
        f' {{"rule": "history", "evidence": ["{lead}", "{user}"]}}]}}'
    )
