"""What acceptance tests may ask for: the real command on a home of its module."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from tests.acceptance.terminal import Avouch, environment
from tests.acceptance.zygote import Zygote
from worker import servers


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """The process that runs commands quickly."""
    started = Zygote(environment())
    yield started
    started.close()


@pytest.fixture(scope="module")
def avouch(_used_home: Path, zygote: Zygote) -> Iterator[Avouch]:
    """The command with a home that was empty when the module began; its servers stay up meanwhile."""
    folder = _used_home.parent / f"acceptance-{uuid.uuid4().hex}"
    folder.mkdir(mode=0o711)
    command = Avouch(zygote, folder)
    with servers.running(Settings.load(command.env)):
        yield command
