"""The state inside a child forked from a real preloaded interpreter."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "dist", "preload.json")

#: Loads as a zygote does, then forks; each child prints a JSON object.
PROGRAM = """
import gc, json, os, sys
sys.path.insert(0, {here!r})
import preload
preload.load({manifest!r}, lambda step: None)
gc.collect()
gc.freeze()
for _ in range({children}):
    pid = os.fork()
    if pid == 0:
        answer = {{}}
        try:
            {work}
            print(json.dumps(answer), flush=True)
        except BaseException:
            import traceback
            traceback.print_exc()
        os._exit(0)
    os.waitpid(pid, 0)
"""


def ask_children(work: str, children: int = 1) -> list[dict[str, object]]:
    """What each of these children puts into `answer`."""
    program = PROGRAM.format(
        here=HERE, manifest=BUILT, children=children, work=work.replace("\n", "\n            ")
    )
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "BRZ_HOME": home,
            "LANG": "C.UTF-8",
        }
        result = subprocess.run(
            [sys.executable, "-E", "-s", "-X", "utf8", "-c", program],
            env={**environment, "HATCHERY_HOSTING_ROOT": home},
            capture_output=True,
            text=True,
            timeout=60,
        )
    if result.stderr:
        raise AssertionError(result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()]


class Child(unittest.TestCase):
    def test_draws_other_random_numbers_than_its_siblings(self) -> None:
        work = """\
import random
from breezy import osutils
from breezy.bzr import generate_ids
answer["random"] = random.random()
answer["chars"] = osutils.rand_chars(16)
answer["revision id"] = generate_ids.gen_revision_id("jo@example.org", 0).decode().rpartition("-")[2]
answer["file id"] = generate_ids.gen_file_id("name").decode()
"""
        first, second = ask_children(work, children=2)
        for name in ("random", "chars", "revision id", "file id"):
            self.assertNotEqual(first[name], second[name], name)

    def test_has_breezys_compiled_helpers_and_not_their_slow_twins(self) -> None:
        work = """\
from breezy import graph, osutils
from breezy.bzr import btree_index, chk_map, dirstate, groupcompress, knit, rio
helpers = [groupcompress.encode_base128_int, groupcompress.apply_delta, chk_map._deserialise_leaf_node,
    chk_map._search_key_16, dirstate._read_dirblocks, dirstate.bisect_dirblock, knit._load_data,
    btree_index._btree_serializer._parse_leaf_lines, graph.KnownGraph, rio._read_stanza_utf8]
answer["modules"] = [getattr(helper, "__module__", None) or helper.__self__.__name__ for helper in helpers]
"""
        (answer,) = ask_children(work)
        modules = answer["modules"]
        assert isinstance(modules, list)
        self.assertEqual(len(modules), 10)
        self.assertEqual([name for name in modules if not str(name).endswith(("_pyx", "_rs"))], [])

    def test_shares_all_garbage_collection_with_the_zygote(self) -> None:
        (answer,) = ask_children(
            "answer.update(frozen=gc.get_freeze_count(), young=len(gc.get_objects()))"
        )
        self.assertGreater(int(str(answer["frozen"])), 20_000)
        self.assertLess(int(str(answer["young"])), 1_000)


if __name__ == "__main__":
    unittest.main()
