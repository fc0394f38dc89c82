"""A simulated workspace of Intercom's with so many contacts, their conversations, calls and notes."""

from datetime import timedelta
from typing import Any

from tests.simulated.crowd import someone
from worker.demo.simulator_intercom import SimulatedIntercom
from worker.demo.simulator_server import Answer, Asked

EVERY_THIRD = 3
EVERY_FIFTH = 5
EVERY_TENTH = 10
EVERY_THIRTIETH = 30


class SimulatedIntercomWorkspace:
    """Two of three contacts are visitors; some talk, call or are written about."""

    connector = "intercom"

    def __init__(self, size: int) -> None:
        self._workspace = SimulatedIntercom("made-up")
        self.secrets = self._workspace.secrets
        self._contacts = [self._add(index) for index in range(size)]

    def _add(self, index: int) -> str:
        workspace, person = self._workspace, someone(index)
        is_user = index % EVERY_THIRD == 0
        contact = workspace.add_contact(
            person.added_at,
            role="user" if is_user else "lead",
            external_id=f"u-{index}" if is_user else None,
            name=person.name,
            email=person.email,
            phone=person.phone or None,
        )
        workspace.change_contact(contact, person.changed_at)
        at = person.added_at + timedelta(minutes=5)
        if index % EVERY_FIFTH == 0:
            kind = "email" if index % EVERY_TENTH == 0 else "conversation"
            workspace.add_conversation([contact], at, f"Question {index}", kind=kind)
        if index % EVERY_FIFTH == 1:
            talk = workspace.add_conversation([contact], at, "", kind="phone_call")
            phone = person.phone or None
            workspace.add_call(phone, at, contact=contact if index % 2 else None, conversation_id=talk)
        if index % EVERY_TENTH == EVERY_TENTH - 1:
            workspace.add_note(contact, person.changed_at, f"Note {index}")
        return contact

    def vanish(self) -> set[str]:
        """Delete or merge away every thirtieth contact; return the keys of their records."""
        gone = self._contacts[::EVERY_THIRTIETH]
        for contact in gone:
            self._workspace.drop_contact(contact)
        return {f"contact:{contact}" for contact in gone}

    def settings(self, url: str) -> dict[str, Any]:
        return {**self._workspace.settings, "base_url": url, "identity_verification": "jwt"}

    def answer(self, asked: Asked) -> Answer:
        return self._workspace.answer(asked)
