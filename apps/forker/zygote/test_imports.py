"""A real session imports nothing: all that it needs was loaded before the fork."""

import os
import tempfile
import unittest
from unittest import mock

import trace_sessions

BUILT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dist", "preload.json")

#: Replaces the server that trace_sessions runs with one that has preloaded and forked, as a zygote
#: does. It records what its session imported beyond that.
PRELOADED_SERVER = """
import json, os, sys
sys.path.insert(0, {here!r})
import preload
preload.load(MANIFEST, lambda step: None)
session = os.fork()
if session != 0:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(session, 0)[1]))
import child
before = set(sys.modules)
status = 3
try:
    status = child.run_command(["lp-serve", "--inet", "tracer"])
finally:
    with open(os.path.join({modules!r}, str(os.getpid())), "w") as stream:
        json.dump(sorted(set(sys.modules) - before), stream)
    os._exit(status)
""".replace(
    "MANIFEST", repr(BUILT)
)


class Session(unittest.TestCase):
    def test_of_a_preloaded_interpreter_imports_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as place, mock.patch.object(
            trace_sessions, "SERVER", PRELOADED_SERVER
        ):
            self.assertEqual(trace_sessions.run_sessions(place), [])
            sessions = os.listdir(os.path.join(place, "modules"))
            self.assertGreater(len(sessions), 10)


if __name__ == "__main__":
    unittest.main()
