"""Erasing a person: nothing of them is left, nothing of them comes back, and everybody else is as before."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy
import structlog
from sqlalchemy import Engine

from integrations.contract import ContactRecord, Delivery, Interaction, Level, Note, Page, Rejected
from tests.builders import LANDED, P, Q, account, at, email, id_of, phone, version
from tests.database import add_sources, empty, exported, land_page, resolve_all
from worker.domain.contacts import Contact, Kind
from worker.domain.decisions import Decision
from worker.jobs import convert, decide, dedupe, erase, rebuild
from worker.jobs.convert import NotConvertibleError, ProofGiven
from worker.jobs.decide import Said
from worker.jobs.erase import Erased, NotErasedError
from worker.jobs.land import Arrival, land
from worker.jobs.people import People, UnknownIdError
from worker.jobs.rebuild import BusyError
from worker.jobs.resolve import Outcome
from worker.jobs.sync import Run
from worker.storage import tables
from worker.storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.servers

OBSERVED, STORED, VERIFIED = Level.OBSERVED, Level.STORED, Level.VERIFIED
LANDLINE = "+34912345678"
E = "ana@x.es"


@pytest.fixture(autouse=True)
def _sources(uow: UnitOfWork) -> None:
    make_sources(uow)


def make_sources(uow: UnitOfWork) -> None:
    add_sources(uow, dict.fromkeys(("chat", "crm", "pbx", "shop"), VERIFIED))
    with uow.begin() as tx:
        convert.ensure_own_source(tx)


def a_call(key: str, number: str = P, *, on: float = 0, said: str = "") -> ContactRecord:
    call = Interaction(id=key, kind="call", at=at(on), direction="inbound", summary=said)
    return version(key, phone(number, OBSERVED), occurred_at=at(on), interactions=(call,)).record


def a_row(key: str, name: str, mail: str, number: str, **fields: object) -> ContactRecord:
    return version(key, email(mail, STORED), phone(number, STORED), name=name, **fields).record  # type: ignore[arg-type]  # as version takes them


def settle(uow: UnitOfWork) -> None:
    resolve_all(uow)
    while dedupe.run(uow).outcome is not Outcome.IDLE:
        pass


def erased(uow: UnitOfWork, some_id: str, day: float = 50) -> Erased:
    settle(uow)
    done = erase.run(uow, some_id, at(day))
    settle(uow)
    assert rebuild.run(uow, at(99), check=True).is_right
    return done


def contact(uow: UnitOfWork, source: str, key: str) -> Contact | None:
    with uow.begin() as tx:
        return tx.contacts.find(id_of(source, key))


def everything(engine: Engine) -> str:
    """Return every column of every row of every table as text."""
    with engine.connect() as connection:
        return "\n".join(
            row
            for table in tables.metadata.sorted_tables
            for row in connection.execute(
                sqlalchemy.text(f"SELECT row_to_json(t)::text FROM {table.name} t")  # noqa: S608 - own names
            ).scalars()
        )


class TestScenario59:
    """A erased: the row is imported again and is suppressed and counted; a call from P makes an empty new lead."""

    @pytest.fixture(autouse=True)
    def _ana(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row("7", "Ana Ruiz", E, P)])
        land_page(uow, "pbx", [a_call("call-1")])
        erased(uow, id_of("crm", "7"))
        if contact(uow, "pbx", "call-1") is not None:
            erased(uow, id_of("pbx", "call-1"))

    def test_the_same_key_is_suppressed_and_counted(self, uow: UnitOfWork) -> None:
        again = land_page(uow, "crm", [a_row("7", "Ana Ruiz", "new@x.es", Q)])

        assert (again.pulled, again.changed, again.rejected, again.suppressed) == (1, 0, 0, 1)
        assert contact(uow, "crm", "7") is None

    def test_another_key_with_the_same_identifiers_is_suppressed_and_counted(self, uow: UnitOfWork) -> None:
        again = land_page(uow, "shop", [a_row("customer-3", "A. Ruiz", "Ana@X.es", P)])

        assert (again.changed, again.suppressed) == (0, 1)
        with uow.begin() as tx:
            assert tx.evidence.ids_of_source("shop") == []
            assert tx.work.rejects() == []

    def test_a_call_from_the_number_makes_an_empty_new_lead(self, uow: UnitOfWork) -> None:
        landed = land_page(uow, "pbx", [a_call("call-2", on=60)])
        settle(uow)

        assert landed.suppressed == 0
        lead = contact(uow, "pbx", "call-2")
        assert lead is not None
        assert (lead.kind, lead.name, len(lead.records)) == (Kind.LEAD, None, 1)
        assert len(exported(uow)) == 1

    def test_an_old_call_that_is_delivered_again_is_suppressed(self, uow: UnitOfWork) -> None:
        assert land_page(uow, "pbx", [a_call("call-1")]).suppressed == 1

    def test_an_entry_that_could_not_be_kept_is_no_reject_either(self, uow: UnitOfWork) -> None:
        broken = a_row("7", "Ana\0Ruiz", E, P)

        landed = land_page(uow, "crm", [broken])

        assert (landed.rejected, landed.suppressed) == (0, 1)
        with uow.begin() as tx:
            assert tx.work.rejects() == []

    def test_the_tombstones_count_what_they_kept_out(self, uow: UnitOfWork, engine: Engine) -> None:
        land_page(uow, "crm", [a_row("7", "Ana Ruiz", E, P)])
        land_page(uow, "shop", [a_row("3", "Ana Ruiz", E, P), a_row("4", "Ana Ruiz", E, P)])

        with engine.connect() as connection:
            counted = connection.execute(
                sqlalchemy.text("SELECT kind, max(times) FROM tombstones GROUP BY kind ORDER BY kind")
            )
            assert [tuple(row) for row in counted] == [("identifier", 3), ("record", 1)]

    def test_what_holds_something_else_too_is_kept_and_counted(self, uow: UnitOfWork) -> None:
        landed = land_page(uow, "shop", [a_row("3", "Leo Gil", E, Q), a_row("4", "Eva Gil", "eva@x.es", Q)])

        assert (landed.changed, landed.suppressed, landed.beside) == (2, 0, 1)

    def test_a_claim_of_the_address_is_kept(self, uow: UnitOfWork) -> None:
        claim = version("chat-1", email(E, Level.CLAIMED)).record

        assert land_page(uow, "chat", [claim]).changed == 1

    def test_a_source_that_is_trusted_less_cannot_be_suppressed_by_what_it_claims(
        self, uow: UnitOfWork
    ) -> None:
        with uow.begin() as tx:
            tx.sources.set("shop", trust="claimed")

        assert land_page(uow, "shop", [a_row("3", "Ana Ruiz", E, P)]).suppressed == 0

    def test_a_new_proof_of_the_address_is_refused(self, uow: UnitOfWork, engine: Engine) -> None:
        land_page(uow, "pbx", [a_call("call-2", Q, on=60)])
        settle(uow)

        with pytest.raises(NotConvertibleError, match="was erased"):
            convert.take_proof(uow, id_of("pbx", "call-2"), ProofGiven("email", E, "otp"), at(61))

        assert E not in everything(engine)


def test_the_run_counts_what_it_left_out_and_warns_of_what_it_kept(uow: UnitOfWork) -> None:
    land_page(uow, "crm", [a_row("7", "Ana Ruiz", E, P)])
    erased(uow, id_of("crm", "7"))
    pages = [
        [a_row("7", "Ana Ruiz", E, P), a_row("8", "Leo Gil", E, Q)],
        [a_row("9", "Ana Ruiz", E, P), a_row("10", "Eva Gil", "eva@x.es", P)],
    ]

    class Rows:
        def fetch(self, cursor: str | None) -> Page:
            number = int(cursor or 0)
            deliveries = tuple(Delivery(each) for each in pages[number])
            return Page(deliveries=deliveries, cursor=str(number + 1), more=number == 0)

    report = Run(uow, Rows())("crm")

    assert (report.pulled, report.changed, report.suppressed, report.beside) == (4, 2, 2, 2)
    with uow.begin() as tx:
        (run,) = tx.work.runs("crm")
    assert run.suppressed == 2
    assert run.warnings == ["2 records hold an identifier of an erased person beside others"]


class TestAFamily:
    """What others hold too leaves no tombstone: a family's landline does not keep the family out."""

    @pytest.fixture(autouse=True)
    def _family(self, uow: UnitOfWork) -> None:
        land_page(
            uow, "crm", [a_row("1", "Ana Ruiz", E, LANDLINE), a_row("2", "Leo Ruiz", "leo@x.es", LANDLINE)]
        )

    def test_the_landline_stays_with_the_others(self, uow: UnitOfWork) -> None:
        erased(uow, id_of("crm", "1"))

        new = version("3", phone(LANDLINE, STORED), name="Eva Ruiz").record
        assert land_page(uow, "crm", [new]).changed == 1
        found = contact(uow, "crm", "2")
        assert found is not None
        assert {held.value for held in found.identifiers} == {LANDLINE, "leo@x.es"}

    def test_the_report_names_who_shares_something(self, uow: UnitOfWork) -> None:
        land_page(uow, "chat", [version("v", email(E, Level.CLAIMED)).record])

        done = erased(uow, id_of("crm", "1"))

        assert done.shared_with == (id_of("crm", "2"),)
        assert done.mentioned_by == (id_of("chat", "v"),)

    def test_suggestions_that_named_the_person_go_and_others_come(self, uow: UnitOfWork) -> None:
        land_page(uow, "chat", [version("v", email(E, Level.CLAIMED)).record])
        settle(uow)

        done = erased(uow, id_of("crm", "1"))

        assert done.suggestions > 0
        with uow.begin() as tx:
            named = {each for one in tx.suggestions.strongest(50) for each in (one.one, one.other)}
        assert id_of("crm", "1") not in named


ONLY_ANAS = (
    "Ruiz",
    E,
    "Ana@X.es",
    P,
    "612 34 56 78",
    "u-ana",
    "prefers mornings",
    "asked for an invoice",
    "wrote here",
    "the raw row",
    "sounded like",
    "her sister",
    "otra@x.es",
    "Acme",
)
"""What nobody's evidence but Ana's says."""


def land_others(uow: UnitOfWork) -> None:
    land_page(uow, "crm", [a_row("20", "Leo Gil", "leo@x.es", LANDLINE)])
    land_page(uow, "chat", [version("leo-1", account("u-leo"), phone(Q, OBSERVED), occurred_at=at(3)).record])
    land_page(uow, "pbx", [a_call("leo-call", Q, on=2, said="about an order")])
    land_page(
        uow, "shop", [], rejected=[Rejected("row 2", "phone: is missing", '{"id": "2", "name": "Eva"}')]
    )


def land_ana(uow: UnitOfWork) -> None:
    note = Note(id="n1", at=at(1), body="prefers mornings", author="agent-3")
    row = a_row("7", "Ana Ruiz", "Ana@X.es", "+34 612 34 56 78", notes=(note,), profile={"company": "Acme"})
    with uow.begin() as tx:
        tx.sources.lock("crm")
        land(
            tx, uow.id_key, Arrival("crm", None, None, LANDED), [Delivery(row, "the raw row of Ana Ruiz")], []
        )
    land_page(uow, "crm", [a_row("7", "Ana Ruiz", "otra@x.es", P, updated_at=at(4))])
    land_page(uow, "pbx", [a_call("call-1", on=1, said="asked for an invoice"), a_call("call-2", on=2)])
    login = version("v1", account("u-ana"), email(E, VERIFIED), phone(P, OBSERVED), occurred_at=at(3)).record
    land_page(uow, "chat", [login])
    bad = [
        Rejected("row 1", "name: is no text", '{"id": "900", "email": "ANA@x.es", "name": 7}'),
        Rejected("row 5", "name: is no text", '{"id": "901", "phone": "612-34-56-78", "of": "Ana Ruiz"}'),
    ]
    land_page(uow, "shop", [], rejected=bad)


ANAS = (("chat", "v1"), ("crm", "7"), ("pbx", "call-1"), ("pbx", "call-2"))


def erase_each(uow: UnitOfWork, records: Iterable[tuple[str, str]]) -> None:
    """Erase every contact that the records are in."""
    for source, key in records:
        if contact(uow, source, key) is not None:
            erased(uow, id_of(source, key))


def decide_about_both(uow: UnitOfWork) -> None:
    said = Said("eva", "sounded like her sister", at(10))
    decide.differ(uow, id_of("crm", "7"), id_of("crm", "20"), said)
    settle(uow)
    decide.mark(uow, "common", ("phone", "", P), said)
    decide.mark(uow, "common", ("phone", "", LANDLINE), said._replace(reason="a switchboard"))
    settle(uow)


def test_no_table_holds_anything_of_the_person(uow: UnitOfWork, engine: Engine) -> None:
    land_others(uow)
    land_ana(uow)
    settle(uow)
    People(uow).note(id_of("pbx", "call-1"), "wrote here about Ana Ruiz", "eva", at(6))
    convert.take_proof(uow, id_of("pbx", "call-1"), ProofGiven("email", "otra@x.es", "otp"), at(7))
    settle(uow)
    decide_about_both(uow)
    before = everything(engine)
    assert all(each in before for each in ONLY_ANAS)

    # The number is marked common, so the calls from it are a lead of their own.
    erase_each(uow, ANAS)

    after = everything(engine)
    assert [each for each in ONLY_ANAS if each.lower() in after.lower()] == []
    assert all(each in after for each in ("Eva", "a switchboard", "about an order", "leo@x.es"))


def test_everybody_else_is_as_without_the_person(uow: UnitOfWork, engine: Engine) -> None:
    land_others(uow)
    land_ana(uow)
    settle(uow)
    decide.differ(uow, id_of("crm", "7"), id_of("crm", "20"), Said("eva", "", at(10)))
    erase_each(uow, ANAS)
    after = exported(uow)

    empty(engine)
    make_sources(uow)
    land_others(uow)
    settle(uow)

    assert after == exported(uow)
    assert len(after) == 2


def test_a_line_that_two_held_is_the_others_as_if_one_had_never_been_there(
    uow: UnitOfWork, engine: Engine
) -> None:
    def land_leo() -> None:
        proved = (account("u-leo"), phone(P, VERIFIED))
        land_page(uow, "chat", [version("leo", *proved, occurred_at=at(5)).record])
        land_page(uow, "pbx", [a_call("call-1", on=1), a_call("call-2", on=9)])

    land_leo()
    land_page(uow, "chat", [version("ana", account("u-ana"), phone(P, VERIFIED), occurred_at=at(4)).record])
    settle(uow)
    together = exported(uow)
    done = erased(uow, id_of("chat", "ana"))
    after = exported(uow)

    empty(engine)
    make_sources(uow)
    land_leo()
    settle(uow)

    assert after == exported(uow)
    assert (len(together), len(after)) == (3, 2)  # The first call came along to Leo; the later one is a lead.
    assert set(done.shared_with) == {id_of("chat", "leo"), id_of("pbx", "call-1")}
    assert land_page(uow, "crm", [version("new", phone(P, STORED)).record]).suppressed == 0


def test_the_log_tells_counts_and_nobodys_data(uow: UnitOfWork) -> None:
    land_ana(uow)

    with structlog.testing.capture_logs() as lines:
        erased(uow, id_of("chat", "v1"))
        land_page(uow, "crm", [a_row("7", "Ana Ruiz", E, P)])

    assert [line["event"] for line in lines].count("contact_erased") == 1
    assert [each for each in ONLY_ANAS if each in repr(lines)] == []


class TestDecisions:
    """Decisions lose the erased records; what is left of them holds on for the others."""

    SAID = Said("eva", "Ana's sister", at(10))

    def test_a_merge_goes_with_both_of_its_people(self, uow: UnitOfWork, engine: Engine) -> None:
        land_page(uow, "pbx", [a_call("x"), a_call("y", Q)])
        settle(uow)
        decide.merge(uow, id_of("pbx", "x"), id_of("pbx", "y"), self.SAID)

        done = erased(uow, id_of("pbx", "y"))

        assert (done.records, done.decisions) == (2, 1)
        assert exported(uow) == []
        assert "sister" not in everything(engine)

    def test_of_three_sides_two_stay_apart(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("x"), a_call("y"), a_call("z")])
        settle(uow)
        ids = [id_of("pbx", each) for each in "xyz"]
        three = Decision(
            id="d",
            kind="different",
            at=at(10),
            author="eva",
            reason="Ana's sister",
            sides=((ids[0],), (ids[1],), (ids[2],)),
        )
        with uow.begin() as tx:
            tx.decisions.add(three)
            tx.to_resolve.append(ids)
        settle(uow)
        assert len(exported(uow)) == 3

        erased(uow, ids[0])

        assert len(exported(uow)) == 2
        with uow.begin() as tx:
            (left,) = tx.decisions.all()
            assert tx.decisions.naming(ids[:1]) == []
        assert (set(left.sides), left.reason) == ({(ids[1],), (ids[2],)}, "")

    def test_the_proof_of_a_conversion_goes_with_the_lead(self, uow: UnitOfWork, engine: Engine) -> None:
        land_page(uow, "pbx", [a_call("x")])
        settle(uow)
        convert.take_proof(uow, id_of("pbx", "x"), ProofGiven("email", E, "otp", author="eva"), at(5))

        done = erased(uow, id_of("pbx", "x"))

        assert (done.records, done.decisions) == (2, 1)
        assert E not in everything(engine)

    def test_so_does_one_that_was_withdrawn(self, uow: UnitOfWork, engine: Engine) -> None:
        land_page(uow, "pbx", [a_call("x")])
        settle(uow)
        taken = convert.take_proof(uow, id_of("pbx", "x"), ProofGiven("email", E, "otp"), at(5))
        settle(uow)
        with uow.begin() as tx:
            (decision,) = tx.decisions.all()
        decide.withdraw(uow, decision.id, self.SAID)

        done = erased(uow, taken.evidence)

        assert (done.records, done.decisions) == (2, 1)
        assert E not in everything(engine)
        # It proved nothing, so whoever holds the address is not kept out.
        assert land_page(uow, "crm", [a_row("1", "Leo Gil", E, Q)]).changed == 1

    def test_a_mark_on_an_identifier_stays_where_others_have_it(self, uow: UnitOfWork) -> None:
        land_page(
            uow, "crm", [a_row("1", "Ana Ruiz", E, LANDLINE), a_row("2", "Leo Gil", "leo@x.es", LANDLINE)]
        )
        decide.mark(uow, "common", ("phone", "", LANDLINE), self.SAID)
        decide.mark(uow, "common", ("email", "", E), self.SAID)

        done = erased(uow, id_of("crm", "1"))

        assert done.decisions == 1
        with uow.begin() as tx:
            assert [each.key for each in tx.decisions.all()] == [("phone", "", LANDLINE)]


class TestIds:
    """An id of somebody erased leads to nobody, and says so."""

    @pytest.fixture(autouse=True)
    def _ana(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row("7", "Ana Ruiz", E, P)])
        erased(uow, id_of("crm", "7"))

    def test_show_says_when_it_was_erased(self, uow: UnitOfWork) -> None:
        with pytest.raises(UnknownIdError, match=f"erased on {at(50):%Y-%m-%d}"):
            People(uow).profile(id_of("crm", "7"))

    def test_a_second_time_says_so(self, uow: UnitOfWork) -> None:
        with pytest.raises(NotErasedError, match=f"erased already, on {at(50):%Y-%m-%d}"):
            erase.run(uow, id_of("crm", "7"), at(60))

    def test_an_id_that_never_was_is_unknown(self, uow: UnitOfWork) -> None:
        for strange in ("0" * 24, "nobody"):
            with pytest.raises(UnknownIdError):
                erase.run(uow, strange, at(60))

    def test_no_note_can_be_written_any_more(self, uow: UnitOfWork) -> None:
        with pytest.raises(UnknownIdError):
            People(uow).note(id_of("crm", "7"), "called again", "eva", at(60))


class TestSafety:
    """All of it or nothing, and nothing that somebody had in hand comes back."""

    def test_a_rehearsal_counts_and_changes_nothing(self, uow: UnitOfWork, engine: Engine) -> None:
        land_ana(uow)
        settle(uow)
        before = everything(engine)

        planned = erase.run(uow, id_of("chat", "v1"), at(50), rehearse=True)

        assert everything(engine) == before
        assert erase.run(uow, id_of("chat", "v1"), at(50), expected=planned) == planned

    def test_what_has_grown_since_somebody_agreed_is_not_erased(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("call-1")])
        settle(uow)
        planned = erase.run(uow, id_of("pbx", "call-1"), at(50), rehearse=True)
        land_page(uow, "pbx", [a_call("call-2")])

        with pytest.raises(NotErasedError, match="has changed"):
            erase.run(uow, id_of("pbx", "call-1"), at(50), expected=planned)

        settle(uow)
        assert len(exported(uow)) == 1

    def test_what_waits_to_be_resolved_goes_with_the_person(self, uow: UnitOfWork) -> None:
        land_page(uow, "pbx", [a_call("call-1")])
        settle(uow)
        land_page(uow, "pbx", [a_call("call-2")])

        assert erase.run(uow, id_of("pbx", "call-1"), at(50)).records == 2

        settle(uow)
        assert exported(uow) == []

    def test_a_landing_that_was_going_on_is_waited_for_and_erased_too(
        self, uow: UnitOfWork, engine: Engine
    ) -> None:
        land_page(uow, "pbx", [a_call("call-1")])
        settle(uow)
        with ThreadPoolExecutor(1) as other, uow.begin() as tx:
            tx.sources.lock("pbx")
            waiting = other.submit(erase.run, uow, id_of("pbx", "call-1"), at(50))
            wait_for_a_lock(engine)
            land(tx, uow.id_key, Arrival("pbx", None, None, LANDED), [Delivery(a_call("call-2"))], [])

        assert waiting.result().records == 2

    def test_a_landing_that_comes_meanwhile_finds_the_tombstones(
        self, uow: UnitOfWork, engine: Engine
    ) -> None:
        land_page(uow, "crm", [a_row("7", "Ana Ruiz", E, P)])
        settle(uow)
        with ThreadPoolExecutor(1) as pool, uow.begin() as tx:
            assert tx.only_resolver()  # The erasure waits for it.
            first = pool.submit(erase.run, uow, id_of("crm", "7"), at(50))
            wait_for_a_lock(engine)
        assert first.result().records == 1

        assert land_page(uow, "crm", [a_row("7", "Ana Ruiz", E, P)]).suppressed == 1

    def test_it_does_not_wait_for_ever(self, uow: UnitOfWork) -> None:
        land_page(uow, "crm", [a_row("7", "Ana Ruiz", E, P)])
        settle(uow)

        with uow.begin() as tx:
            assert tx.only_resolver()
            with pytest.raises(BusyError, match="longer than 1 second"):
                erase.run(uow, id_of("crm", "7"), at(50), wait_seconds=1)

    def test_killed_before_it_commits_nothing_is_gone(self, uow: UnitOfWork, engine: Engine) -> None:
        land_ana(uow)
        settle(uow)
        before = everything(engine)
        code = (
            "import os, signal\n"
            "from tests.builders import ID_KEY, at\n"
            "from worker.jobs import erase\n"
            "from worker.storage.database import engine_for\n"
            "from worker.storage.unit_of_work import UnitOfWork\n"
            "erase._check = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
            "uow = UnitOfWork(engine_for(os.environ['TEST_URL']), ID_KEY)\n"
            f"erase.run(uow, '{id_of('chat', 'v1')}', at(50))\n"
        )
        url = engine.url.render_as_string(hide_password=False)

        ended = subprocess.run([sys.executable, "-c", code], env=os.environ | {"TEST_URL": url}, check=False)

        assert ended.returncode == -signal.SIGKILL
        wait_until_free(engine)
        assert everything(engine) == before


def wait_for_a_lock(engine: Engine) -> None:
    _wait(engine, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")


def wait_until_free(engine: Engine) -> None:
    _wait(engine, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'")


def _wait(engine: Engine, condition: str) -> None:
    pause = threading.Event()
    for _ in range(600):
        with engine.connect() as connection:
            if connection.execute(sqlalchemy.text(condition)).scalar_one():
                return
        pause.wait(0.02)
    raise AssertionError(condition)
