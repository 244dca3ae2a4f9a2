import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

UNSHARE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]

#: Takes the lock of a branch; with `hatchery` as a session does. Prints the result, and holds the
#: lock until its stdin ends.
TAKE = """
import sys
sys.path.insert(0, {here!r})
import breezy, breezy.bzr
from breezy import lockdir
from breezy.branch import Branch
from breezy.errors import LockContention
if sys.argv[2] == "hatchery":
    import lock_evidence
    lock_evidence.remember()
    lock_evidence.install()
lockdir._DEFAULT_TIMEOUT_SECONDS = 0
with breezy.initialize(setup_ui=False):
    try:
        branch = Branch.open(sys.argv[1])
        branch.lock_write()
        print("taken", flush=True)
        sys.stdin.read()
        import os
        os._exit(0)
    except LockContention as contention:
        print("refused", flush=True)
"""


def can_unshare() -> bool:
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


class LockEvidence(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.place = os.path.join(os.path.realpath(scratch.name), "branch")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.place + "-home",
            "BRZ_EMAIL": "u <u@example.invalid>",
        }
        subprocess.run(["brz", "init", "-q", self.place], env=self.environment, check=True)

    def taker(self, who: str, prefix: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        words = [*prefix, sys.executable, "-E", "-s", "-c", TAKE.format(here=HERE), self.place, who]
        process = subprocess.Popen(
            words,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process: "subprocess.Popen[str]") -> None:
        process.kill()
        process.communicate()

    def said(self, process: "subprocess.Popen[str]") -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def outcome(self, who: str) -> str:
        process = self.taker(who)
        try:
            return self.said(process)
        finally:
            self.end(process)

    @unittest.skipUnless(can_unshare(), "no pid namespace")
    def test_a_holder_that_lives_in_another_pid_namespace_is_not_robbed(self) -> None:
        for holder in ("hatchery", "plain"):
            with self.subTest(holder=holder):
                process = self.taker(holder, tuple(UNSHARE))
                self.assertEqual(self.said(process), "taken")
                self.assertEqual(self.outcome("hatchery"), "refused")
                # And the processes cannot find out when it is dead.
                self.end(process)
                self.assertEqual(self.outcome("hatchery"), "refused")
                subprocess.run(
                    ["brz", "break-lock", "--force", "-q", self.place],
                    env=self.environment,
                    check=True,
                )

    def test_a_session_that_was_killed_here_is_known_dead_and_another_process_is_not(self) -> None:
        for holder, expected in (("hatchery", "taken"), ("plain", "refused")):
            with self.subTest(holder=holder):
                process = self.taker(holder)
                self.assertEqual(self.said(process), "taken")
                self.assertEqual(self.outcome("hatchery"), "refused")
                self.end(process)
                self.assertEqual(self.outcome("hatchery"), expected)
                subprocess.run(
                    ["brz", "break-lock", "--force", "-q", self.place],
                    env=self.environment,
                    check=True,
                )

    def test_a_plain_breezy_reads_what_a_session_wrote(self) -> None:
        process = self.taker("hatchery")
        self.assertEqual(self.said(process), "taken")
        told = subprocess.run(
            ["brz", "info", self.place], env=self.environment, capture_output=True, text=True
        )
        self.assertEqual((told.returncode, told.stderr), (0, ""))
        self.assertEqual(self.outcome("plain"), "refused")


if __name__ == "__main__":
    unittest.main()
