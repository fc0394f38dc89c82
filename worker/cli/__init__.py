"""The command `avouch`: people's door at a terminal.

Each group of commands is a module here; what they do is in `worker.jobs`. Modules import what they need when
a command runs, so that `--help` stays fast. Results go to standard output, everything else to standard error.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence

import click

from worker.cli.decisions import changes, conflicts, deciding, erasing
from worker.cli.intake import files, sources
from worker.cli.likeness import dedupe, suggestions
from worker.cli.lookup import people
from worker.cli.operation import contacts, health, processes
from worker.cli.policies import policy

SECTIONS: Mapping[str, Sequence[click.Command]] = {
    "Run it": (processes.demo, processes.up, health.status, health.doctor),
    "Bring contacts in": (sources.sources, sources.sync, files.import_file, files.rejects),
    "Ask about a contact": (people.lookup, people.show, people.why, people.why_not),
    "Work on a contact": (people.note, people.convert, deciding.merge, deciding.split, erasing.erase),
    "Decide and take back": (
        conflicts.conflicts,
        changes.changes,
        deciding.undo,
        deciding.mark,
        deciding.decisions,
    ),
    "All contacts": (
        suggestions.suggestions,
        dedupe.dedupe,
        policy.policy,
        contacts.reconcile,
        contacts.rebuild,
        contacts.export,
    ),
    "One process alone (containers)": (processes.migrate, processes.worker, processes.beat, processes.flower),
}
"""Every command, in the order of its section."""


class Avouch(click.Group):
    """The group of all commands, listed by what one wants to do."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [str(command.name) for commands in SECTIONS.values() for command in commands]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.list_commands(ctx)))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(f"{command.name:<{width}}", command.get_short_help_str(80)) for command in commands]
                )


@click.group(
    cls=Avouch,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: avouch demo. Every command explains itself: avouch import --help",
)
@click.version_option(package_name="avouch", message="avouch %(version)s")
def avouch() -> None:
    """Bring in contacts from phone, chat and imports; work out who is one person, on proof alone."""


for _commands in SECTIONS.values():
    for _command in _commands:
        avouch.add_command(_command)


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Return every command that can be typed, by its full name: "sources list"."""
    for name in avouch.list_commands(click.Context(avouch)):
        command = avouch.commands[name]
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", each) for inner, each in command.commands.items())
        else:
            yield name, command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command of this process, and end it: 0 done, 1 failed, 2 wrong usage."""
    try:
        avouch.main(list(arguments) if arguments is not None else None, prog_name="avouch")
    except BrokenPipeError:
        # Whoever read our output has had enough, as in: avouch export | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        from worker.cli.errors import in_words

        if os.environ.get("AVOUCH_DEBUG"):
            raise
        click.echo(f"Error: {in_words(error)}", err=True)
        sys.exit(1)
