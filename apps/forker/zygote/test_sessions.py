import contextlib
import io
import os
import unittest
from unittest import mock

import sessions
from access import Access
from breezy.errors import CommandError


class Streams:
    """Standard streams as child.run_command makes them, in memory."""

    def __init__(self, data: bytes = b"") -> None:
        self.stdin = io.TextIOWrapper(io.BytesIO(data))
        self.stdout = io.TextIOWrapper(io.BytesIO())
        self.stderr = io.TextIOWrapper(io.BytesIO(), write_through=True)

    def __enter__(self) -> "Streams":
        self._stack = contextlib.ExitStack()
        for name in ("stdin", "stdout", "stderr"):
            self._stack.enter_context(mock.patch(f"sys.{name}", getattr(self, name)))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def output(self) -> tuple[bytes, bytes]:
        texts = []
        for stream in (self.stdout, self.stderr):
            stream.flush()
            stream.seek(0)
            texts.append(stream.buffer.read())
        return texts[0], texts[1]


class Commands(unittest.TestCase):
    def test_rocks_and_takes_no_arguments(self) -> None:
        with Streams() as streams:
            self.assertEqual(sessions.rocks([]), 0)
            self.assertEqual(streams.output(), (b"It sure does!\n", b""))
        with self.assertRaisesRegex(CommandError, "rocks takes no arguments; got 'a'"):
            sessions.rocks(["a"])

    def test_whoami_tells_the_email_of_the_request(self) -> None:
        for environment in ({"BRZ_EMAIL": "a@b", "BZR_EMAIL": "c@d"}, {"BZR_EMAIL": "a@b"}):
            with mock.patch.dict(os.environ, environment, clear=True), Streams() as streams:
                self.assertEqual(sessions.whoami([]), 0)
                self.assertEqual(streams.output()[0], b"a@b\n")

    def test_whoami_without_an_email_says_what_to_do(self) -> None:
        with mock.patch.dict(os.environ, clear=True), self.assertRaisesRegex(
            CommandError, "send it with fork-env"
        ):
            sessions.whoami([])

    def test_replay_copies_to_both_channels_byte_by_byte(self) -> None:
        with Streams(b"1 one\n2 two\n1 \xff\x00 raw\r\n1 no newline") as streams:
            self.assertEqual(sessions.launchpad_replay([]), 0)
            self.assertEqual(streams.output(), (b"one\n\xff\x00 raw\r\nno newline", b"two\n"))

    def test_replay_refuses_every_other_channel(self) -> None:
        for line in (b"3 x\n", b"0 x\n", b" 1 x\n", b"x\n", b"\n", b"12 x\n", b"1\n"):
            with Streams(line), self.assertRaisesRegex(
                CommandError, "starts with '1 ' or '2 '", msg=str(line)
            ):
                sessions.launchpad_replay([])

    def test_lp_serve_takes_one_user_whose_name_is_no_path(self) -> None:
        refused: tuple[list[str], ...] = (
            [],
            ["--inet"],
            ["alice"],
            ["--inet", "a", "b"],
            ["--inet", "--port=1"],
            ["--inet", "--inet"],
        )
        names = (
            "",
            ".",
            "..",
            "../a",
            "a/b",
            "/a",
            ".a",
            "-a",
            "~a",
            "a b",
            "a\n",
            "a%2Fb",
            "Alice",
            "\u00e9",
            "a" * 65,
        )
        for arguments in (*refused, *(["--inet", name] for name in names)):
            with self.assertRaisesRegex(
                CommandError, "usage: lp-serve --inet <user>", msg=str(arguments)
            ):
                sessions.lp_serve(list(arguments))

    def test_lp_serve_serves_the_hosting_root_to_that_user(self) -> None:
        with mock.patch("hosting.prepared") as prepared:
            with mock.patch.dict(os.environ, {"HATCHERY_HOSTING_ROOT": "/srv/hosting"}):
                for arguments in (["--inet", "alice-1.b_c"], ["alice-1.b_c", "--inet"]):
                    self.assertEqual(sessions.lp_serve(arguments), 0)
                    prepared.assert_called_with("/srv/hosting")
                    prepared.return_value.serve.assert_called_with(Access("alice-1.b_c"))

    def test_lp_serve_takes_teams_and_private_places_from_the_service(self) -> None:
        environment = {
            "HATCHERY_HOSTING_ROOT": "/srv",
            "HATCHERY_TEAMS": "reds blues",
            "HATCHERY_PRIVATE": '["~Bob/Secret"]',
        }
        with mock.patch("hosting.prepared") as prepared, mock.patch.dict(os.environ, environment):
            sessions.lp_serve(["--inet", "alice"])
            prepared.return_value.serve.assert_called_with(
                Access("alice", ("reds", "blues"), frozenset([("~bob", "secret")]))
            )

    def test_lp_serve_serves_nobody_whose_teams_or_private_places_are_damaged(self) -> None:
        for name, value in (
            ("TEAMS", "reds ../bob"),
            ("TEAMS", "~reds"),
            ("PRIVATE", "["),
            ("PRIVATE", ""),
        ):
            environment = {"HATCHERY_HOSTING_ROOT": "/srv", f"HATCHERY_{name}": value}
            with mock.patch("hosting.prepared") as prepared, mock.patch.dict(
                os.environ, environment
            ):
                with self.assertRaisesRegex(
                    CommandError, "HATCHERY_TEAMS or HATCHERY_PRIVATE", msg=value
                ):
                    sessions.lp_serve(["--inet", "alice"])
                prepared.assert_not_called()

    def test_an_error_is_one_line_and_exit_code_3(self) -> None:
        with Streams() as streams, mock.patch("breezy.trace._brz_logger") as logger:
            self.assertEqual(sessions.run(["rocks", "a"]), 3)
            self.assertIsNotNone(logger)
            self.assertEqual(streams.output()[0], b"")


if __name__ == "__main__":
    unittest.main()
