"""What requests about single files return, and to whom: the same content as a request about the
branch, by the same rule.
"""

import os
import shutil
import unittest

from testing.hosting_root import Answer, HostingRoot, Session

PUBLIC, SECRET = b"/~bob/public/branch/.bzr/", b"/~bob/secret/branch/.bzr/"
TOLD = (
    b"branch-format",
    b"branch/format",
    b"branch/last-revision",
    b"branch/branch.conf",
    b"repository/format",
    b"repository/pack-names",
)


class SingleFiles(unittest.TestCase):
    def setUp(self) -> None:
        self.host = HostingRoot()
        self.addCleanup(self.host.remove)
        os.makedirs(os.path.join(self.host.root, "~dave/project"))
        shutil.copytree(
            os.path.join(self.host.root, "~alice/public/branch"),
            os.path.join(self.host.root, "~dave/project/branch"),
        )
        self.dave, self.bob = Session(self.host, "dave"), Session(self.host, "bob")
        self.addCleanup(self.dave.close)
        self.addCleanup(self.bob.close)
        self.before = self.host.contents()

    def get(self, session: Session, path: bytes) -> Answer:
        return session.ask(b"get", path)

    def test_what_makes_up_a_branch_is_read_by_whoever_sees_it(self) -> None:
        for name in TOLD:
            succeeded, words, body = self.get(self.dave, PUBLIC + name)
            self.assertTrue(succeeded, words)
            with open(self.host.root + (PUBLIC + name).decode(), "rb") as stream:
                self.assertEqual(body, stream.read())
        packs = os.listdir(os.path.join(self.host.root, "~bob/public/branch/.bzr/repository/packs"))
        self.assertEqual(
            self.dave.ask(b"readv", PUBLIC + b"repository/packs/" + packs[0].encode(), body=b"0,4")[
                2
            ],
            b"Baza",
        )

    def test_what_is_private_looks_as_if_it_were_not_there(self) -> None:
        for name in TOLD:
            there, nothing = (
                self.get(self.dave, b"/~bob/%s/branch/.bzr/" % place + name)
                for place in (b"secret", b"nosuch")
            )
            self.assertEqual(repr(there).replace("secret", "nosuch"), repr(nothing))
            self.assertFalse(
                self.get(
                    self.dave,
                    b"/~bob/public/branch/.bzr/..%2F..%2F..%2Fsecret%2Fbranch%2F.bzr/" + name,
                )[0]
            )
            self.assertTrue(self.get(self.bob, SECRET + name)[0])

    def test_nothing_else_of_a_branch_is_read(self) -> None:
        os.makedirs(self.host.root + "/~bob/public/branch/.bzr/checkout")
        for name in (
            "README",
            "repository/upload/x.pack",
            "repository/obsolete_packs/x.pack",
            "checkout/dirstate",
            "repository/packs/x.pack",
        ):
            with open(f"{self.host.root}/~bob/public/branch/.bzr/{name}", "w") as stream:
                stream.write("x")
            for session in (self.dave, self.bob):
                self.assertEqual(
                    self.get(session, PUBLIC + name.encode())[1][0], b"PermissionDenied", name
                )
                self.assertEqual(
                    session.ask(b"readv", PUBLIC + name.encode(), body=b"0,1")[1][0],
                    b"PermissionDenied",
                    name,
                )

    def test_the_token_of_a_lock_is_for_those_who_may_take_it(self) -> None:
        _, (_, token, _), _ = self.bob.ask(b"Branch.lock_write", b"/~bob/public/branch")
        info = PUBLIC + b"branch/lock/held/info"
        self.assertEqual(self.get(self.dave, info)[1][0], b"PermissionDenied")
        self.assertIn(token, self.get(self.bob, info)[2])

    def test_directories_are_listed_without_what_is_private_and_files_and_links(self) -> None:
        with open(os.path.join(self.host.root, "~bob/file"), "w"):
            pass
        listed = {
            session.user: set(session.ask(b"list_dir", b"/~bob")[1]) - {b"names"}
            for session in (self.dave, self.bob)
        }
        self.assertEqual(listed["dave"], {b"public", b"stacked"})
        self.assertEqual(listed["bob"], {b"public", b"secret", b"stacked"})
        self.assertEqual(self.dave.ask(b"list_dir", b"/~bob/secret")[1][0], b"NoSuchFile")
        for root in (b"/", b"", b"/.", b"//"):
            self.assertEqual(self.dave.ask(b"list_dir", root)[1][0], b"InvalidURL", root)

    def test_a_put_of_a_tip_is_taken_under_the_sessions_own_lock_only(self) -> None:
        path = b"/~dave/project/branch"
        tip = path + b"/.bzr/branch/last-revision"
        self.assertEqual(self.dave.ask(b"put", tip, b"", body=b"0 null:\n")[1][0], b"LockFailed")
        _, (_, branch, repository), _ = self.dave.ask(b"Branch.lock_write", path)
        other = Session(self.host, "dave")
        self.addCleanup(other.close)
        self.assertEqual(other.ask(b"put", tip, b"", body=b"0 null:\n")[1][0], b"LockFailed")
        for stranger in (
            b"/~bob/public/branch",
            path + b"/../../../~bob/public/branch",
            path + b"%2F..%2F..%2F..%2F~bob/public/branch",
        ):
            self.assertFalse(
                self.dave.ask(
                    b"put", stranger + b"/.bzr/branch/last-revision", b"", body=b"0 null:\n"
                )[0]
            )
        for body in (b"", b"x null:\n", b"0\n", b"0 null: x\n"):
            self.assertFalse(self.dave.ask(b"put", tip, b"", body=body)[0], body)
        self.assertEqual(self.dave.ask(b"Branch.last_revision_info", path)[1][1], b"1")
        self.assertEqual(self.dave.ask(b"put", tip, b"", body=b"0 null:\n")[1], (b"ok",))
        self.assertEqual(self.dave.ask(b"Branch.last_revision_info", path)[1][1], b"0")
        self.assertTrue(self.dave.ask(b"Branch.unlock", path, branch, repository)[0])
        self.assertEqual(
            self.dave.ask(b"put", tip, b"", body=b"1 " + self.host.revision)[1][0], b"LockFailed"
        )

    def test_a_name_that_is_no_text_is_no_branch(self) -> None:
        self.assertEqual(self.dave.ask(b"BzrDir.open_2.1", b"/~dave/\xff")[1], (b"no",))
        for verb in (b"Branch.last_revision_info", b"Branch.lock_write", b"get", b"list_dir"):
            succeeded, words, _ = self.dave.ask(verb, b"/~dave/\xff")
            self.assertFalse(succeeded, words)
            self.assertNotIn(b"Unicode", b" ".join(words))

    def test_a_directory_that_was_promised_is_made_by_the_branch_that_comes_and_by_nothing_else(
        self,
    ) -> None:
        for path in (b"/~dave/a/b/c", b"/~dave/a/b", b"/~dave/a/b/c"):
            made = self.dave.ask(b"mkdir", path, b"")
        self.assertEqual(made[1], (b"ok",))
        self.assertEqual(self.dave.ask(b"mkdir", b"/~dave/a/b/c", b"")[1][0], b"FileExists")
        self.assertEqual(self.host.contents(), self.before)
        self.assertTrue(self.dave.ask(b"BzrDirFormat.initialize", b"/~dave/a/b/c")[0])
        self.assertTrue(os.path.isdir(os.path.join(self.host.root, "~dave/a/b/c/.bzr")))


if __name__ == "__main__":
    unittest.main()
