"""Breezy's own commands against a plain `brz serve` and against a session of ours, on equal trees.

A user's everyday commands give the same result. The commands that do not are refused with the
messages listed here.
"""

import os
import re
import unittest

from testing import side_by_side
from testing.side_by_side import URL, Side, serve_hosted, serve_plain

U = URL + "~demo/p"

#: Each line runs on fresh copies; `;;` separates commands, and `[place]` before one says where it
#: runs. U is the project's URL.
SAME = """
[co] pull U/child ;; revno U/trunk
[co] switch --store U/child
[co] send -o - U/side
[light] annotate a.txt
[light] log a.txt
[light] pull U/child ;; revno U/trunk
branch --stacked U/trunk new
branches -R U
branches -R U/repo
cat-revision -d U/trunk -r 1
check U/trunk
init --create-prefix U/a/b/c ;; info U/a/b/c
log -p U/trunk/a.txt
pull -d U/trunk U/child ;; revno U/trunk
push -d U/child U/trunk ;; revno U/trunk
[more] push -q --create-prefix U/%E3%83%97/%E6%9E%9D ;; revno U/%E3%83%97/%E6%9E%9D
init-shared-repository U/new ;; init U/new/b ;; info U/new/b
"""

LIGHTWEIGHT = "a lightweight checkout cannot commit here: commit from a checkout that was made without --lightweight"
GIT_HISTORY = "git's history cannot be pushed here: push from a branch of brz's own format"
NOT_GIT = "git repositories are not kept here: push from a branch of brz's own format"

#: Refused commands with their messages: one line of ERROR, no traceback, and no Python notation.
REFUSED = {
    "[light] commit --unchanged -m x": LIGHTWEIGHT,
    "push -d git U/trunk": GIT_HISTORY,
    "push -d git U/new": NOT_GIT,
    "init --format=git U/new": NOT_GIT,
    "init O/new": "~other/new/?: Permission denied: you may write under ~demo/",
    "[more] push O/x/new": "you may write under ~demo/",
    "branches -R /": "what is here is not listed; name a user or a project, as /~demo",
    "upgrade --format=development-colo U/trunk": "a branch is not upgraded in place here: upgrade a copy and push it",
    "[tree] upload U/up": "single files are not changed here, only branches: push the branch",
    "branch git U/new": NOT_GIT,
    "cat-revision -d O/secret/trunk -r 1": "Not a branch",
    "init U/a/b/c": "Parent directory of .* does not exist",
}

#: What differs between two runs of one command.
CHANGING = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|demo@example\.invalid-\d{14}-\w+|timestamp\d*:[\d.]+|/tmp/\w+|:[0-9a-f]{40}"
)


class Commands(unittest.TestCase):
    template: Side

    @classmethod
    def setUpClass(cls) -> None:
        side_by_side.load()
        cls.template = Side(serve_plain)
        cls.addClassCleanup(cls.template.remove)
        os.makedirs(os.path.join(cls.template.root, "~demo/p"))
        os.makedirs(os.path.join(cls.template.root, "~other/x"))
        cls.template.write("tree/a.txt", "one\n")
        for line in """init -q tree ;; add -q tree ;; commit -q -m one tree ;; push -q -d tree U/trunk
            push -q -d tree --create-prefix O/secret/trunk ;; branch -q tree more ;; branch -q tree side
            commit -q --unchanged -m two more ;; push -q -d more U/child
            commit -q --unchanged -m aside side ;; push -q -d side U/side
            init-shared-repository -q U/repo ;; push -q -d tree U/repo/one ;; push -q -d more U/repo/two
            checkout -q U/trunk co ;; checkout -q --lightweight U/trunk light
            init -q --format=git git ;; commit -q --unchanged -m one git""".splitlines():
            said = cls.run_line(cls.template, line.strip())
            assert not re.search("ERROR", said), said

    @staticmethod
    def run_line(side: Side, line: str) -> str:
        """The output and result of the commands of a line, without what differs each time."""
        told = []
        for command in line.split(" ;; "):
            place, words = re.fullmatch(r"(?:\[(\w+)\] )?(.*)", command).groups("")  # type: ignore[union-attr]
            urls = {"U": U, "O": URL + "~other", "/": URL}
            arguments = [
                re.sub("^([UO/])(?=/|$)", lambda found: urls[str(found[1])], word)
                for word in words.split(" ")
            ]
            code, output, errors = side.brz(*arguments, cwd=place)
            told.append(CHANGING.sub("…", f"{code}\n{output}{errors}"))
        return "\n".join(told)

    def on_fresh_copy(self, serve: object, line: str) -> str:
        side = Side(serve, self.template)  # type: ignore[arg-type]
        try:
            return self.run_line(side, line)
        finally:
            side.remove()

    def test_commands_that_come_out_as_against_a_plain_server(self) -> None:
        for line in SAME.strip().splitlines():
            with self.subTest(line):
                self.assertEqual(
                    self.on_fresh_copy(serve_hosted, line), self.on_fresh_copy(serve_plain, line)
                )

    def test_commands_that_are_refused_in_words(self) -> None:
        for line, words in REFUSED.items():
            with self.subTest(line):
                said = self.on_fresh_copy(serve_hosted, line)
                self.assertRegex(said, "(?s)^3\n.*ERROR: .*" + words)
                self.assertNotRegex(said, "Traceback|mismatched|b'|Server sent an unexpected")

    def test_names_that_are_not_ascii_also_where_a_plain_server_takes_them_for_no_url(self) -> None:
        said = self.on_fresh_copy(
            serve_hosted,
            "init -q U/%E3%83%97 ;; pull -q --overwrite -d tree U/%E3%83%97 ;; branches -R U ;; [more] push -q U/%E3%83%97 ;; log U/%E3%83%97/a.txt",
        )
        self.assertEqual(re.findall(r"^\d+$", said, re.M), ["0", "0", "0", "0", "0"], said)
        self.assertIn("\n%E3%83%97\n", said)

    def test_nothing_of_what_is_private_is_listed(self) -> None:
        self.assertEqual(self.on_fresh_copy(serve_hosted, "branches -R O"), "0\n")
        self.assertEqual(self.on_fresh_copy(serve_plain, "branches -R O"), "0\nsecret/trunk\n")

    def test_who_is_in_the_way_of_their_own_lock_is_told_how_to_go_on(self) -> None:
        template = "tag -q -d more t2 ;; push -q -d more U/tagged ;; [co] pull U/tagged"
        said = self.on_fresh_copy(
            serve_hosted, template + " ;; [co] update -q ;; [co] tags ;; revno co"
        )
        self.assertRegex(
            said,
            r"(?s)hatchery: you hold the lock .*: after brz pull or brz uncommit in a checkout run brz update.*\nt2 .*\n2\n$",
        )

    def test_the_remedies_help(self) -> None:
        light = self.on_fresh_copy(
            serve_hosted,
            "checkout -q U/trunk new ;; commit -q --unchanged -m x new ;; revno U/trunk",
        )
        self.assertRegex(light, "0\n2\n$")
        shelved = self.on_fresh_copy(
            serve_hosted,
            "[co] mv -q a.txt b.txt ;; [co] switch --store U/child ;; [co] shelve --all -q ;; [co] switch -q U/child ;; [co] unshelve -q ;; [co] status -S",
        )
        self.assertIn(": uncommitted changes are not stored in branches here: ", shelved)
        self.assertRegex(shelved, r"R +a\.txt => b\.txt\n$")
        upgraded = self.on_fresh_copy(
            serve_hosted,
            "branch -q U/trunk c ;; upgrade -q --format=development-colo c ;; push -q -d c U/new ;; revno U/new",
        )
        self.assertRegex(upgraded, "0\n1\n$")
        quiet = self.on_fresh_copy(
            serve_hosted,
            "push -q -d more --stacked-on U/trunk U/new ;; reconfigure -q --unstacked U/new ;; info U/new ;; check -q U/new",
        )
        self.assertEqual(re.findall(r"^\d+$", quiet, re.M), ["0", "0", "0", "0"], quiet)
        self.assertNotIn("stacked", quiet)
        git = self.on_fresh_copy(
            serve_hosted, "init -q new ;; pull -q -d new git ;; push -q -d new U/new ;; revno U/new"
        )
        self.assertRegex(git, "0\n1\n$")
        onto = self.on_fresh_copy(
            serve_hosted,
            "init -q new ;; pull -q -d new git ;; push -q --overwrite -d new U/trunk ;; cat-revision -d U/trunk -r 1",
        )
        self.assertRegex(onto, "(?s)\n0\n[^\n]*git-v1")


if __name__ == "__main__":
    unittest.main()
