"""`hatchery lock NAME [--wait SECONDS] -- COMMAND…`: runs a command under a lock of this host, as
flock(1) does.

The script `hatchery` execs this, since Node cannot pass a process context on unchanged
(docs/decisions/0041). It needs only Python's standard library and nothing that is installed or
built, so that a cron job never waits for either.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import given_context
import holder_record
import lock_file
import running_command
import wish as wishes
from lock_directory import LockFile, LockTrouble
from lock_file import OwnJob
from refusal import refuse

#: sysexits(3).
EXIT_FAILED, EXIT_USAGE, EXIT_TEMPFAIL = 1, 2, 75

#: If the lock is free each time we look for its holder, it is changing hands constantly.
ATTEMPTS_MAX = 5


def main(ignored_mask: str, checkout: str, words: list[bytes]) -> int:
    """Takes the lock and runs the command; returns the exit status for the caller, as flock(1)
    defines it."""
    context = given_context.take(ignored_mask, os.path.join(checkout, "hatchery"))
    try:
        wish = wishes.read(words, checkout, context)
        lock = LockFile(wish.directory, wish.name, wish.mode)
        descriptor = take_or_refuse(lock, wish.wait_s)
        if descriptor is None:
            return EXIT_TEMPFAIL
        record = holder_record.Introduction(lock, wish.words)
        return running_command.run(
            wish.words, context, descriptor, record, lambda: lock_file.settle(lock, record)
        )
    except OwnJob as job:
        if job.note is not None:
            say(job.note)
        given_context.execute(wish.words, context)
    except wishes.UsageError as error:
        say(f"lock: {error}; hatchery help lock tells more")
        return EXIT_USAGE
    except wishes.ConfigError as error:
        say(str(error))
    except LockTrouble as error:
        say(f"lock: {error}")
    return EXIT_FAILED


def take_or_refuse(lock: LockFile, wait_s: float) -> int | None:
    """The descriptor that holds the lock; None when another process keeps it. Prints the holder
    then."""
    descriptor = lock_file.take(lock, wait_s)
    # The holder may release the lock just as we look for it.
    for _ in range(ATTEMPTS_MAX):
        if descriptor is not None or lock_file.is_held(lock):
            break
        descriptor = lock_file.take(lock, 0)
    if descriptor is None:
        refuse(lock, wait_s)
    return descriptor


def say(line: str) -> None:
    """Prints one line on standard error and ignores failure: the lock works without a
    reader too.
    """
    given_context.say(line)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2], [os.fsencode(word) for word in sys.argv[4:]]))
