import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILT = os.path.join(HERE, "..", "dist", "preload.json")

#: Loads in an interpreter of its own, because Breezy's state is made once per process, and prints
#: each step.
LOAD = """
import json, os, sys
sys.path.insert(0, {here!r})
import preload
steps = []
{before}
try:
    count = preload.load({manifest!r}, steps.append)
except Exception as error:
    print(json.dumps({{"step": steps[-1], "error": f"{{type(error).__name__}}: {{error}}"}}))
else:
    import breezy.commands, breezy.osutils
    print(json.dumps({{
        "count": count,
        "failures": breezy.osutils._extension_load_failures,
        "file id": sys.modules.get("breezy.bzr.generate_ids") and sys.modules["breezy.bzr.generate_ids"]._gen_file_id_suffix,
        "commands": len(list(breezy.commands.builtin_command_names())),
        "plugins": [name for name in sys.modules if name.startswith("breezy.plugins.")],
    }}))
"""


#: The zygote's message about a list that was recorded for another Breezy.
STALE = r"^zygote: \S+ was recorded for Breezy 0\.0\.1, and this is .*; hatchery restart records .*\nzygote: no_such_module is in"


class Preload(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = scratch.name

    def write(self, text: str) -> str:
        path = os.path.join(self.directory, "preload.json")
        with open(path, "w") as stream:
            stream.write(text)
        return path

    def manifest(self, *modules: str) -> str:
        with open(BUILT) as stream:
            version = json.load(stream)["breezy"]
        return self.write(json.dumps({"format": 1, "breezy": version, "modules": modules}))

    def load(self, manifest: str, before: str = "", stderr: str = "^$") -> dict[str, object]:
        script = LOAD.format(here=HERE, manifest=manifest, before=before)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.directory,
            "BRZ_HOME": self.directory,
            "LANG": "C.UTF-8",
            "HATCHERY_HOSTING_ROOT": "/",
        }
        result = subprocess.run(
            [sys.executable, "-E", "-s", "-c", script],
            env={**environment, "PYTHONPATH": self.directory},
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, stderr)
        answer: dict[str, object] = json.loads(result.stdout)
        return answer

    def assert_refused(self, answer: dict[str, object], step: str, error: str) -> None:
        self.assertRegex(str(answer.get("step")), step)
        self.assertRegex(str(answer.get("error")), error)

    def test_a_list_of_another_version_is_refused_in_words(self) -> None:
        path = self.write(json.dumps({"format": 2, "modules": ["json"]}))
        self.assertRegex(
            str(self.load(path)["error"]), f"{path} is a list .* of version 2; .* remove it"
        )

    def test_loads_what_the_build_recorded_with_breezys_compiled_helpers(self) -> None:
        answer = self.load(BUILT)
        self.assertEqual(answer["failures"], [])
        self.assertGreater(int(str(answer["count"])), 200)
        self.assertGreater(int(str(answer["commands"])), 50)

    def test_loads_no_plugin_and_has_made_no_file_id(self) -> None:
        answer = self.load(BUILT)
        self.assertEqual((answer["plugins"], answer["file id"]), ([], None))

    def test_a_missing_module_is_an_error_of_its_own_step(self) -> None:
        answer = self.load(self.manifest("json", "no_such_module"))
        self.assert_refused(
            answer, "^importing no_such_module$", "^ModuleNotFoundError: .*no_such_module"
        )

    def test_a_module_that_fails_is_an_error(self) -> None:
        before = "import sys, types; sys.modules['broken'] = None"
        self.assert_refused(
            self.load(self.manifest("broken"), before), "^importing broken$", "ModuleNotFoundError"
        )

    def test_a_manifest_of_another_breezy_serves_without_what_is_gone_and_says_so(self) -> None:
        path = self.write(
            json.dumps({"format": 1, "breezy": "0.0.1", "modules": ["json", "no_such_module"]})
        )
        answer = self.load(path, stderr=STALE)
        self.assertEqual(answer["failures"], [])

    def test_a_manifest_that_is_missing_or_none_is_an_error(self) -> None:
        self.assert_refused(
            self.load(os.path.join(self.directory, "none")), "^reading ", "^FileNotFoundError"
        )
        self.assert_refused(self.load(self.write("{")), "^reading ", "^JSONDecodeError")
        self.assert_refused(self.load(self.write('{"format": 1}')), "^reading ", "^KeyError")

    def test_a_compiled_helper_that_did_not_load_is_an_error(self) -> None:
        before = "import breezy.osutils; breezy.osutils._extension_load_failures.append('no _chk_map_pyx')"
        answer = self.load(self.manifest("json"), before)
        self.assert_refused(answer, "^checking Breezy's compiled helpers$", "_chk_map_pyx")

    def test_a_real_fall_back_to_slow_python_is_an_error(self) -> None:
        for module, helper in (
            ("breezy.bzr.groupcompress", "breezy.bzr._groupcompress_pyx"),
            ("breezy.bzr.chk_map", "breezy.bzr._chk_map_pyx"),
        ):
            with self.subTest(helper):
                answer = self.load(
                    self.manifest(module), f"import sys; sys.modules[{helper!r}] = None"
                )
                self.assert_refused(
                    answer, "^checking Breezy's compiled helpers$", helper.rpartition(".")[2]
                )

    def test_the_build_lists_no_module_that_would_switch_a_compiled_helper_off(self) -> None:
        with open(BUILT) as stream:
            modules = json.load(stream)["modules"]
        self.assertEqual([name for name in modules if name.rpartition(".")[2].startswith("_")], [])


if __name__ == "__main__":
    unittest.main()
