import resource
import unittest
from types import SimpleNamespace
from unittest import mock

import registry
from registry import Child, Registry
from testing import example_messages

USAGE = resource.getrusage(resource.RUSAGE_SELF)


class Children(unittest.TestCase):
    def setUp(self) -> None:
        self.registry = Registry()
        self.registry.children[7] = Child(
            id="a", pid=7, directory="/run/a", details=example_messages.DETAILS
        )
        self.registry.children[8] = Child(pid=8)

    def test_of_the_pool_serve_no_session(self) -> None:
        self.assertEqual([child.pid for child in self.registry.sessions()], [7])

    def test_are_found_by_the_name_the_forker_gave_them(self) -> None:
        found = self.registry.find("a")
        assert found is not None
        self.assertEqual(found.pid, 7)
        self.assertIsNone(self.registry.find("b"))

    def test_are_shown_to_a_new_forker_with_what_it_left_here(self) -> None:
        shown = self.registry.children[7].snapshot()
        expected = {
            "id": "a",
            "pid": 7,
            "directory": "/run/a",
            "connected": False,
            "details": example_messages.DETAILS,
        }
        self.assertEqual(shown, expected)

    def test_that_ended_are_kept_until_a_forker_has_heard(self) -> None:
        message = self.registry.exited(7, 768, USAGE, True)
        assert message is not None
        self.assertEqual((message["id"], message["pid"], message["status"]), ("a", 7, 768))
        self.assertEqual((message["directory"], message["leftBehind"]), ("/run/a", True))
        self.assertEqual(message["details"], example_messages.DETAILS)
        self.assertEqual(self.registry.sessions(), [])
        self.assertEqual(list(self.registry.exits.values()), [message])
        self.registry.acknowledge("a")
        self.registry.acknowledge("a")
        self.assertEqual(self.registry.exits, {})

    def test_of_the_pool_and_strangers_end_unheard(self) -> None:
        self.assertIsNone(self.registry.exited(8, 0, USAGE, False))
        self.assertIsNone(self.registry.exited(9, 0, USAGE, False))
        self.assertEqual(self.registry.exits, {})
        self.assertNotIn(8, self.registry.children)

    def test_that_ended_long_ago_make_room(self) -> None:
        with mock.patch.object(registry, "EXITS_KEPT_MAX", 2):
            for pid in (11, 12, 13):
                self.registry.children[pid] = Child(id=f"c{pid}", pid=pid)
                self.registry.exited(pid, 0, USAGE, False)
        self.assertEqual(list(self.registry.exits), ["c12", "c13"])


class Rusage(unittest.TestCase):
    def test_has_milliseconds_and_bytes(self) -> None:
        names = (
            "utime",
            "stime",
            "maxrss",
            "minflt",
            "majflt",
            "inblock",
            "oublock",
            "nvcsw",
            "nivcsw",
        )
        usage = SimpleNamespace(**{f"ru_{name}": number + 1 for number, name in enumerate(names)})
        usage.ru_utime = 0.0123456
        expected = {
            "userMs": 12.346,
            "systemMs": 2000,
            "maxRssBytes": 3 * 1024,
            "minorFaults": 4,
            "majorFaults": 5,
            "inBlocks": 6,
            "outBlocks": 7,
            "voluntarySwitches": 8,
            "involuntarySwitches": 9,
        }
        self.assertEqual(registry.rusage(usage), expected)


if __name__ == "__main__":
    unittest.main()
