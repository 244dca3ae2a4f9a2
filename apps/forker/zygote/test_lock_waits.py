"""Sessions wait for locks of milliseconds, and do not wait for a branch's own lock."""

import os
import threading
import unittest

import lock_waits
from breezy.errors import LockContention
from breezy.lockdir import LockDir
from breezy.transport import get_transport_from_path
from testing import side_by_side
from testing.side_by_side import URL, Side, serve_hosted

CLIENTS = 16

# Half as many of the other clients that run beside the packing ones.
PACKING = 8


class LockWaits(unittest.TestCase):
    def setUp(self) -> None:
        side_by_side.load()
        self.side = Side(serve_hosted)
        self.addCleanup(self.side.remove)

    def done(self, *words: str) -> None:
        code, _, errors = self.side.brz(*words)
        self.assertEqual(code, 0, errors)

    def test_clients_that_push_to_branches_of_one_shared_repository_at_once(self) -> None:
        self.done("init", "-q", "tree")
        self.done("commit", "-q", "--unchanged", "-m", "one", "tree")
        self.done("init-shared-repository", "-q", URL + "~demo/repo")
        for number in range(CLIENTS):
            self.done("branch", "-q", "tree", f"tree-{number}")
            self.done("commit", "-q", "--unchanged", "-m", f"of {number}", f"tree-{number}")
        started = [
            self.side.start("push", "-d", f"tree-{n}", URL + f"~demo/repo/{n}")
            for n in range(CLIENTS)
        ]
        for outcome in [self.side.outcome(one) for one in started]:
            self.assertEqual(outcome[0], 0, outcome[2])
        self.assertEqual(
            os.listdir(os.path.join(self.side.root, "~demo/repo/.bzr/repository/lock")), []
        )

    def test_clients_that_push_while_others_pack_the_shared_repository(self) -> None:
        self.done("init", "-q", "tree")
        self.done("commit", "-q", "--unchanged", "-m", "one", "tree")
        self.done("init-shared-repository", "-q", URL + "~demo/repo")
        self.done("push", "-q", "-d", "tree", URL + "~demo/repo/trunk")
        for number in range(PACKING):
            self.done("branch", "-q", "tree", f"tree-{number}")
            self.done("commit", "-q", "--unchanged", "-m", f"of {number}", f"tree-{number}")
        pushes = [
            self.side.start("push", "-d", f"tree-{n}", URL + f"~demo/repo/{n}")
            for n in range(PACKING)
        ]
        packs = [self.side.start("pack", URL + "~demo/repo") for _ in range(PACKING // 2)]
        for outcome in [self.side.outcome(one) for one in [*pushes, *packs]]:
            self.assertEqual(outcome[0], 0, outcome[2])
        # No revision was lost: each branch has both of its own.
        for number in range(PACKING):
            self.assertEqual(self.side.brz("revno", URL + f"~demo/repo/{number}")[1].strip(), "2")
            self.done("check", "-q", "--branch", URL + f"~demo/repo/{number}")
        self.assertEqual(
            os.listdir(os.path.join(self.side.root, "~demo/repo/.bzr/repository/lock")), []
        )

    def test_a_branch_that_is_locked_refuses_a_push_at_once_and_not_its_neighbour(self) -> None:
        self.done("init", "-q", "tree")
        self.done("commit", "-q", "--unchanged", "-m", "one", "tree")
        self.done("init-shared-repository", "-q", URL + "~demo/repo")
        self.done("push", "-q", "-d", "tree", URL + "~demo/repo/held")
        self.done("commit", "-q", "--unchanged", "-m", "two", "tree")
        path = os.path.join(self.side.root, "~demo/repo/held/.bzr/branch")
        holder = LockDir(get_transport_from_path(path), "lock")
        holder.attempt_lock()
        self.addCleanup(holder.unlock)
        code, _, errors = self.side.brz("push", "-d", "tree", URL + "~demo/repo/held")
        self.assertEqual(code, 3)
        self.assertIn("lock", errors)
        self.done("push", "-q", "-d", "tree", URL + "~demo/repo/free")

    def lock(self, name: str) -> LockDir:
        """A free lock below a control directory."""
        place = os.path.join(self.side.root, ".bzr", name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        lock = LockDir(get_transport_from_path(os.path.dirname(place)), os.path.basename(place))
        if not os.path.exists(place):
            lock.create()
        return lock

    def test_which_locks_are_short(self) -> None:
        short = {
            name: lock_waits.is_short(self.lock(name))
            for name in ("repository/lock", "branch/lock", "branches/branch/lock", "branch-lock")
        }
        self.assertEqual(
            short,
            {
                "repository/lock": True,
                "branch/lock": False,
                "branches/branch/lock": False,
                "branch-lock": True,
            },
        )
        lock_waits.begin(client_keeps=True)
        self.addCleanup(lock_waits.begin, client_keeps=False)
        self.assertFalse(lock_waits.is_short(self.lock("repository/lock")))

    def test_a_lock_that_is_given_back_is_taken(self) -> None:
        holder = self.lock("repository/lock")
        holder.attempt_lock()
        giving_back = threading.Timer(0.2, holder.unlock)
        giving_back.start()
        self.addCleanup(giving_back.join)
        waiter = self.lock("repository/lock")
        self.assertTrue(lock_waits.take(waiter))
        waiter.unlock()

    def test_the_wait_ends_when_the_client_has_left(self) -> None:
        holder = self.lock("repository/lock")
        holder.attempt_lock()
        self.addCleanup(holder.unlock)
        kept, (reading, writing) = os.dup(0), os.pipe()
        try:
            os.dup2(reading, 0)
            os.close(writing)
            with self.assertRaises(LockContention):
                lock_waits.take(self.lock("repository/lock"))
        finally:
            os.dup2(kept, 0)
            os.close(kept)
            os.close(reading)


if __name__ == "__main__":
    unittest.main()
