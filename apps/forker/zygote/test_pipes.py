import os
import stat
import tempfile
import unittest

import pipes


class DirectoryOfPipes(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.parent = scratch.name

    def test_holds_three_fifos_for_their_owner_alone(self) -> None:
        old = os.umask(0)
        self.addCleanup(os.umask, old)
        directory = pipes.make(self.parent, "abc")
        self.assertEqual(os.path.basename(directory), "lp-forking-service-child-abc")
        self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), 0o700)
        self.assertEqual(sorted(os.listdir(directory)), ["stderr", "stdin", "stdout"])
        for name in pipes.NAMES:
            mode = os.stat(os.path.join(directory, name)).st_mode
            self.assertTrue(stat.S_ISFIFO(mode))
            self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_lets_the_group_in_where_the_parent_hands_its_own_on(self) -> None:
        old = os.umask(0o077)
        self.addCleanup(os.umask, old)
        groups = [*os.getgroups(), os.getgid()]
        os.chown(self.parent, -1, groups[0])
        os.chmod(self.parent, 0o2750)
        directory = pipes.make(self.parent, "abc")
        modes = [
            stat.S_IMODE(os.stat(path).st_mode) & 0o777
            for path in (directory, os.path.join(directory, "stdin"))
        ]
        self.assertEqual(modes, [0o750, 0o660])
        self.assertEqual(
            {os.stat(os.path.join(directory, name)).st_gid for name in pipes.NAMES}, {groups[0]}
        )

    def test_is_removed_once(self) -> None:
        directory = pipes.make(self.parent, "abc")
        self.assertTrue(pipes.remove(directory))
        self.assertFalse(pipes.remove(directory))
        self.assertEqual(os.listdir(self.parent), [])

    def test_is_removed_though_a_fifo_is_gone_or_another_file_came(self) -> None:
        directory = pipes.make(self.parent, "abc")
        os.unlink(os.path.join(directory, "stdout"))
        with open(os.path.join(directory, "more"), "w"):
            pass
        self.assertTrue(pipes.remove(directory))
        self.assertEqual(os.listdir(self.parent), [])

    def test_of_somebody_else_is_neither_taken_nor_removed(self) -> None:
        directory = pipes.make(self.parent, "abc")
        with self.assertRaises(FileExistsError):
            pipes.make(self.parent, "abc")
        self.assertEqual(len(os.listdir(directory)), 3)

    def test_that_cannot_be_removed_is_no_reason_to_die(self) -> None:
        directory = pipes.make(self.parent, "abc")
        os.makedirs(os.path.join(directory, "a", "b"))
        self.assertTrue(pipes.remove(directory))

    def test_cannot_be_made_where_there_is_nothing(self) -> None:
        with self.assertRaises(FileNotFoundError):
            pipes.make(os.path.join(self.parent, "nothing"), "abc")


if __name__ == "__main__":
    unittest.main()
