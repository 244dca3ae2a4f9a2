"""The modes of what a session makes, under the umask of the service and in a directory that passes
on its group.
"""

import os
import stat
import tempfile
import unittest

import hosting
from access import Access


def modes_below(place: str) -> dict[str, str]:
    """Every name below a place with its mode."""
    found = {}
    for directory, names, files in os.walk(place):
        for name in (*names, *files):
            path = os.path.join(directory, name)
            found[os.path.relpath(path, place)] = oct(stat.S_IMODE(os.stat(path).st_mode))
    return found


class SharedModes(unittest.TestCase):
    def made_under(self, umask: int, root_mode: int) -> dict[str, str]:
        """The modes of what a first push makes: prefix, project and branch, a directory in it, and
        files with and without a mode.
        """
        before = os.umask(umask)
        self.addCleanup(os.umask, before)
        with tempfile.TemporaryDirectory() as scratch:
            root = os.path.join(scratch, "hosting")
            os.mkdir(root)
            os.chmod(root, root_mode)
            factory = hosting.HostingFactory(root)
            factory._hosted.access = Access("alice")
            factory._hosted.begin(True)
            transport = factory.transport
            transport.mkdir("~alice/project/branch")
            transport.mkdir("~alice/project/branch/.bzr")
            own = transport.clone("~alice/project/branch/.bzr")
            own.put_bytes("put", b"1")
            own.append_bytes("appended", b"1")
            with own.open_write_stream("streamed") as stream:
                stream.write(b"1")
            own.put_bytes("with-a-mode", b"1", mode=0o600)
            factory.tear_down()
            return modes_below(root)

    def check(self, umask: int, root_mode: int, directory: int, file: int) -> None:
        files = ("put", "appended", "streamed")
        branch = "~alice/project/branch"
        wanted = {
            name: oct(directory) for name in ("~alice", "~alice/project", branch, f"{branch}/.bzr")
        }
        wanted |= {f"{branch}/.bzr/{name}": oct(file) for name in files} | {
            f"{branch}/.bzr/with-a-mode": "0o600"
        }
        self.assertEqual(self.made_under(umask, root_mode), wanted)

    def test_a_plain_directory_leaves_it_to_the_umask(self) -> None:
        for umask, directory, file in (
            (0o027, 0o750, 0o640),
            (0o077, 0o700, 0o600),
            (0o022, 0o755, 0o644),
        ):
            with self.subTest(oct(umask)):
                self.check(umask, 0o775, directory, file)

    def test_a_group_directory_keeps_its_group_whatever_the_umask(self) -> None:
        for umask in (0o027, 0o077):
            with self.subTest(oct(umask)):
                self.check(umask, 0o2775, 0o2770, 0o660)
        self.check(0o022, 0o2775, 0o2775, 0o664)

    def test_a_group_directory_that_its_group_only_reads_gives_it_no_more(self) -> None:
        self.check(0o077, 0o2750, 0o2750, 0o640)


if __name__ == "__main__":
    unittest.main()
