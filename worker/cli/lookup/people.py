"""Commands about one contact: who is it, why, a note, a proof."""

import getpass
from typing import TYPE_CHECKING

import click

from worker.cli.options import NOTE, REGION, TYPED, as_json, author, reason

if TYPE_CHECKING:
    from worker.cli.lookup.panel import Others
    from worker.jobs.people import Profile
    from worker.storage.unit_of_work import UnitOfWork

METHODS = ("session", "jwt", "hmac", "otp", "link", "cookie", "agent")


@click.command()
@click.option("--phone", help="A number as it was dialled or shown.")
@click.option("--email", help="An e-mail address.")
@click.option("--id", "some_id", help="Any id that avouch ever showed.")
@click.option("--region", type=REGION, help="The country of a number without a country code.")
@as_json
def lookup(
    phone: str | None, email: str | None, some_id: str | None, region: str | None, *, as_json: bool
) -> None:
    """Show who is calling, or may be.

    Nobody is guessed: a number is not a person, and where several contacts fit, all are shown. Exit code 0
    also when nobody is known.

    \b
    Example:
        avouch lookup --phone "+34 612 34 56 78"
        avouch lookup --phone "612 34 56 78" --region ES
    """
    asked = {"phone": phone, "email": email, "id": some_id}
    given = [(name, text) for name, text in asked.items() if text is not None]
    if len(given) != 1:
        raise click.UsageError("Give one of --phone, --email, --id.")
    ((type_, text),) = given
    if type_ == "id":
        _show(text, as_json=as_json)
        return
    from worker import wiring
    from worker.cli import show
    from worker.cli.lookup import panel
    from worker.jobs import clock
    from worker.session import session

    with session() as uow:
        found = wiring.people().lookup(type_, text, region=region, now=clock.now())
        others = _others(uow, *(match.profile for match in found.matches))
    if as_json:
        matches = [{"how": match.how, **panel.as_json(match.profile)} for match in found.matches]
        show.json_line({"type": found.type, "value": found.value, "matches": matches, "hints": found.hints})
    else:
        panel.lookup(show.out(), found, others)


@click.command()
@click.argument("id")
@as_json
def show(id: str, *, as_json: bool) -> None:  # noqa: A002 - the word of the usage line
    """Show everything known of a contact.

    Any id that avouch ever showed finds its contact, over any number of merges and splits.

    \b
    Example:
        avouch show 0f9b3c51d2e84a6c9b1d7e20
    """
    _show(id, as_json=as_json)


def _show(some_id: str, *, as_json: bool) -> None:
    from worker import wiring
    from worker.cli import show
    from worker.cli.lookup import panel
    from worker.session import session

    with session() as uow:
        profile = wiring.people().profile(some_id)
        others = _others(uow, profile)
    if as_json:
        show.json_line(panel.as_json(profile))
    else:
        show.out().print(panel.contact(profile, others))


def _others(uow: "UnitOfWork", *profiles: "Profile") -> "Others":
    """Return the contacts that suggestions of these profiles name."""
    own = {profile.contact.id for profile in profiles}
    ids = {each for profile in profiles for one in profile.suggestions for each in (one.one, one.other)}
    with uow.begin() as tx:
        return {each.id: each for each in tx.contacts.get_all(sorted(ids | own))} if ids else {}


@click.command()
@click.argument("id")
@as_json
def why(id: str, *, as_json: bool) -> None:  # noqa: A002 - the word of the usage line
    """Say why a contact is what it is.

    Why the contact with this ID is a user or a lead, and why its records are together.

    \b
    Example:
        avouch why 0f9b3c51d2e84a6c9b1d7e20
    """
    from worker import wiring
    from worker.cli import show
    from worker.cli.sentences import Teller
    from worker.session import session

    with session():
        teller = Teller(wiring.people().why(id))
    if as_json:
        show.json_line(teller.as_json())
        return
    console = show.out()
    for sentence in teller.sentences():
        show.paragraph(console, sentence)
    for line in teller.history():
        show.paragraph(console, line, style="dim")


@click.command("why-not")
@click.argument("one", metavar="ID")
@click.argument("other", metavar="ID")
@as_json
def why_not(one: str, other: str, *, as_json: bool) -> None:
    """Say why two contacts are not one, and what is missing.

    What they share, how surely each holds it, why that joins nobody, and which proof would.

    \b
    Example:
        avouch why-not 0f9b3c51d2e84a6c9b1d7e20 5b1c8fe04d7a92c36e0f1a2b
    """
    from worker.cli import show
    from worker.cli.lookup.comparing import Comparing
    from worker.jobs import why_not as job
    from worker.session import session

    with session() as uow:
        answer = Comparing(job.run(uow, one, other))
    if as_json:
        show.json_line(answer.as_json())
        return
    console = show.out()
    for line in answer.lines():
        # What is to be typed stays on one line, wherever it ends.
        console.print(line, soft_wrap=not console.is_terminal or "avouch " in line)


@click.command()
@click.argument("id")
@click.argument("text", type=NOTE)
@author
@as_json
def note(id: str, text: str, author: str | None, *, as_json: bool) -> None:  # noqa: A002 - as above
    """Write a note on a contact.

    It stays with the record whose id is given, so no merge and no split ever loses it.

    \b
    Example:
        avouch note 0f9b3c51d2e84a6c9b1d7e20 "prefers mornings" --author ana
    """
    from worker import wiring
    from worker.cli import show
    from worker.domain.export import moment
    from worker.jobs import clock
    from worker.session import session

    with session():
        written = wiring.people().note(id, text, author or getpass.getuser(), clock.now())
    if as_json:
        show.json_line({**written._asdict(), "at": moment(written.at)})
    else:
        click.echo(f"Noted on {id}.")


@click.command()
@click.argument("id")
@click.option(
    "--identifier",
    type=TYPED,
    required=True,
    help="What was proved, as TYPE:VALUE or TYPE/NAMESPACE:VALUE.",
)
@click.option("--method", type=click.Choice(METHODS), required=True, help="How it was proved.")
@reason
@author
@as_json
def convert(
    id: str,  # noqa: A002 - as above
    identifier: tuple[str, str, str],
    method: str,
    reason: str,
    author: str | None,
    *,
    as_json: bool,
) -> None:
    """Convert a lead: somebody proved an identifier.

    The proof is kept as evidence, and the rules decide: the lead becomes a user, or joins the user who holds
    that identifier. Its earlier calls come along.

    \b
    Example:
        avouch convert 0f9b3c51d2e84a6c9b1d7e20 --identifier email:ana@example.com --method otp
    """
    from worker.cli import show
    from worker.cli.lookup import converting
    from worker.jobs.convert import ProofGiven
    from worker.session import session

    type_, namespace, value = identifier
    with session() as uow:
        given = ProofGiven(
            type_,  # type: ignore[arg-type]  # checked above
            value,
            method,
            namespace,
            author or getpass.getuser(),
            reason.strip(),
        )
        done = converting.run(uow, id, given)
    if as_json:
        show.json_line(done)
    else:
        click.echo(converting.in_words(done))
