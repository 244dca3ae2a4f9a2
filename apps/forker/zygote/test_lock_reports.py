import json
import os
import subprocess
import sys
import tempfile
import unittest

import wire

HERE = os.path.dirname(os.path.abspath(__file__))

#: Runs `story` in an interpreter of its own, whose Breezy reports over descriptor 3. A branch is in
#: `branch`.
RUN = """
import socket, sys
sys.path.insert(0, {here!r})
import breezy, breezy.bzr
from breezy import lockdir
from breezy.branch import Branch
from breezy.controldir import ControlDir, format_registry
from breezy.errors import LockContention
import lock_reports
with breezy.initialize(setup_ui=False):
    url = {place!r}
    ControlDir.create_branch_convenience(url, format=format_registry.make_controldir('2a'))
    lock_reports.install()
    channel = socket.socket(fileno=3)
    lock_reports.start(channel)
    lockdir._DEFAULT_TIMEOUT_SECONDS = 0
    branch = Branch.open(url)
{story}
"""


class LockReports(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.place = os.path.join(os.path.realpath(scratch.name), "branch")
        self.keeper, self.channel = wire.packet_pair()
        self.addCleanup(self.keeper.close)
        self.addCleanup(self.channel.close)

    def play(self, story: str) -> list[wire.Message]:
        """The reports that the story caused."""
        self.run_story(story)
        return self.received()

    def run_story(self, story: str) -> None:
        """Keeps what the story prints."""
        lines = "".join(f"    {line}\n" for line in story.strip().splitlines())
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.place + "-home",
            "BRZ_EMAIL": "u <u@example.invalid>",
        }
        self.channel.set_inheritable(True)
        result = subprocess.run(
            [
                sys.executable,
                "-E",
                "-s",
                "-c",
                RUN.format(here=HERE, place=self.place, story=lines),
            ],
            env=environment,
            preexec_fn=lambda: os.dup2(self.channel.fileno(), 3) and None,
            close_fds=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.stdout = result.stdout

    def received(self) -> list[wire.Message]:
        self.keeper.setblocking(False)
        messages: list[wire.Message] = []
        while True:
            try:
                message, _ = wire.receive_packet(self.keeper)
            except BlockingIOError:
                return messages
            if message is None:
                return messages
            messages.append(message)

    def actions(self, messages: list[wire.Message]) -> list[str]:
        return [
            message["action"] for message in messages if message["path"].endswith("/branch/lock")
        ]

    def test_tell_a_lock_with_its_path_and_nonce_and_its_release(self) -> None:
        messages = self.play("with branch.lock_write(): pass")
        self.assertEqual(self.actions(messages), ["acquired", "released"])
        acquired, released = [m for m in messages if m["path"] == f"{self.place}/.bzr/branch/lock"]
        self.assertEqual(acquired["nonce"], released["nonce"])
        self.assertLess(acquired["atS"], released["atS"])
        self.assertEqual([m["path"] for m in messages if m["action"] == "opened"], [self.place])

    def test_tell_a_contention_and_that_it_was_given_up(self) -> None:
        messages = self.play(
            """
with branch.lock_write():
    try: Branch.open(url).lock_write()
    except LockContention: print("refused")
"""
        )
        self.assertEqual(self.stdout, "refused\n")
        self.assertEqual(self.actions(messages), ["acquired", "contended", "gave-up", "released"])

    def test_tell_a_token_once_and_only_when_another_one_took_the_lock(self) -> None:
        messages = self.play(
            """
taken = branch.control_files._lock
token = taken.lock_write(); taken.leave_in_place(); taken.unlock()
lock_reports._remembered.clear()
for _ in range(3):
    other = lockdir.LockDir(taken.transport, taken.path)
    other.lock_write(token=token); other.unlock()
"""
        )
        self.assertEqual(self.actions(messages), ["acquired", "taken-up"])

    def test_are_counted_when_the_channel_is_full_and_the_session_goes_on(self) -> None:
        filler = json.dumps(
            {"event": "lock", "action": "filler", "path": "", "nonce": "x" * 4000}
        ).encode()
        self.channel.setblocking(False)
        while True:
            try:
                self.channel.send(filler)
            except BlockingIOError:
                break
        self.channel.setblocking(True)
        messages = self.play("with branch.lock_write(): pass\nprint(lock_reports._lost)")
        self.assertGreater(int(self.stdout), 0)
        self.assertEqual(self.actions(messages), [])

    def test_end_when_the_keeper_is_gone_and_the_session_goes_on(self) -> None:
        self.keeper.close()
        self.run_story("with branch.lock_write(): print('held')\nprint(lock_reports._channel)")
        self.assertEqual(self.stdout, "held\nNone\n")

    def test_leave_a_client_whose_lock_was_broken_an_answer_that_can_be_sent(self) -> None:
        self.play(
            """
import boundary
from breezy.bzr.smart import protocol, request
from breezy.errors import TokenMismatch
boundary.install()
for holder in (None, b"theirs"):
    sent = []
    failure = request.FailedSmartServerResponse(request._translate_error(TokenMismatch(b"mine", holder)))
    protocol.ProtocolThreeResponder(sent.append).send_response(failure)
    print(b"".join(sent).decode("latin1").partition("l10:")[2])
"""
        )
        answer = (
            "LockFailed16:the branch again50:the lock you held was broken meanwhile; start overee"
        )
        self.assertEqual(self.stdout.splitlines(), [answer, answer])

    def test_answer_other_errors_as_breezy_does(self) -> None:
        self.play(
            """
import boundary
from breezy.bzr.smart import request
from breezy.errors import LockContention
boundary.install()
print(request._translate_error(LockContention("x")))
"""
        )
        self.assertEqual(self.stdout, "(b'LockContention',)\n")

    def test_raise_nothing_whatever_is_wrong(self) -> None:
        self.play(
            """
lock_reports._report("acquired", None, "no-such-scheme:///x", b"n")
lock_reports._report("acquired", object(), "x", b"\\xff")
print(lock_reports._lost)
"""
        )
        self.assertEqual(self.stdout, "2\n")


if __name__ == "__main__":
    unittest.main()
