"""The commands a child runs (docs/reference/fork-protocol.md#commands)."""

import os
import sys
from collections.abc import Callable

import access
import boundary
import hosting
import outcome
from breezy import commands, ui
from breezy.errors import CommandError
from shared_rules import USER_NAME


def run(command: list[str]) -> int:
    """Runs one command and returns its exit code. Reports an error on stderr as brz does."""
    name, *arguments = command
    own = OWN.get(name)
    if own is None:
        ui.ui_factory = ui.make_ui_for_terminal(sys.stdin, sys.stdout, sys.stderr)
        status: int = commands.run_bzr_catch_errors(command)
        return status
    try:
        return outcome.exit_status(own(arguments))
    except (KeyboardInterrupt, CommandError):
        return commands.exception_to_return_code(_raise, sys.exc_info()[1]) or 0
    except Exception as error:
        return boundary.end(error)


def _raise(error: BaseException) -> None:
    raise error


def rocks(arguments: list[str]) -> int:
    """Prints a line that shows that the service works."""
    _take_none("rocks", arguments)
    print("It sure does!")
    return 0


def whoami(arguments: list[str]) -> int:
    """Prints BRZ_EMAIL as the request set it."""
    _take_none("whoami", arguments)
    email = os.environ.get("BRZ_EMAIL") or os.environ.get("BZR_EMAIL")
    if email is None:
        raise CommandError("BRZ_EMAIL is not set: send it with fork-env")
    print(email)
    return 0


def launchpad_replay(arguments: list[str]) -> int:
    """Copies each line of stdin to the stream it names: `1 text` to stdout, `2 text` to stderr."""
    _take_none("launchpad-replay", arguments)
    channels = {b"1": sys.stdout.buffer, b"2": sys.stderr.buffer}
    for line in sys.stdin.buffer:
        number, _, text = line.partition(b" ")
        channel = channels.get(number)
        if channel is None:
            raise CommandError(
                f"a line of launchpad-replay starts with '1 ' or '2 ', not {line[:40]!r}"
            )
        channel.write(text)
        channel.flush()
    return 0


def lp_serve(arguments: list[str]) -> int:
    """Serves the hosting root to one user: `lp-serve --inet <user>`."""
    users = [argument for argument in arguments if argument != "--inet"]
    if "--inet" not in arguments or len(users) != 1 or not USER_NAME.fullmatch(users[0]):
        raise CommandError(f"usage: lp-serve --inet <user>; got {' '.join(arguments)!r}")
    try:
        allowed = access.of_session(users[0])
    except ValueError as error:
        raise CommandError(f"HATCHERY_TEAMS or HATCHERY_PRIVATE: {error}") from error
    hosting.prepared(os.environ["HATCHERY_HOSTING_ROOT"]).serve(allowed)
    return 0


def _take_none(name: str, arguments: list[str]) -> None:
    if arguments:
        raise CommandError(f"{name} takes no arguments; got {' '.join(arguments)!r}")


OWN: dict[str, Callable[[list[str]], int]] = {
    "launchpad-replay": launchpad_replay,
    "lp-serve": lp_serve,
    "rocks": rocks,
    "whoami": whoami,
}
