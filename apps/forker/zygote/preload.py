"""Loads Breezy and the modules of the manifest before a session runs."""

import importlib
import json
import sys
from collections.abc import Callable

#: Of the list of modules (libs/formats, `preloadList`).
FORMAT = 1

Step = Callable[[str], None]


def set_up(step: Step) -> None:
    """Makes Breezy usable in this process, without plugins and with its compiled helpers."""
    step("importing breezy")
    import breezy.commands
    import breezy.osutils
    import breezy.plugin
    import tracing
    from breezy import library_state

    sys._brz_default_fs_enc = "utf8"  # type: ignore[attr-defined]
    library_state.BzrLibraryState(ui=None, trace=tracing.SessionTrace())._start()
    step("registering breezy's commands")
    # Without this call run_bzr_catch_errors says: unknown command "serve".
    breezy.commands._register_builtin_commands()
    breezy.commands.install_bzr_command_hooks()
    # No plugins: a server needs none, and one of them runs commands that a branch's own
    # configuration names.
    breezy.plugin.disable_plugins()


def load(manifest: str, step: Step) -> int:
    """Sets Breezy up, imports the manifest's modules and checks the result; returns the number of
    modules loaded.

    trace_sessions.py makes the manifest from real sessions. A module that cannot be imported is an
    error: a session that imports it would fail or be slow without any visible reason. A manifest
    made with another Breezy is used until a restart records a new one; such modules are then
    skipped and named on stderr.
    """
    set_up(step)
    import breezy

    step(f"reading {manifest}")
    with open(manifest, encoding="utf-8") as stream:
        recorded = json.load(stream)
    if recorded.get("format") != FORMAT:
        raise RuntimeError(
            f"{manifest} is a list of modules to preload of version {recorded.get('format')}; "
            f"this Hatchery reads version {FORMAT}; remove it: the next start records another one"
        )
    fits = recorded["breezy"] == breezy.__version__
    if not fits:
        complain(
            f"{manifest} was recorded for Breezy {recorded['breezy']}, and this is {breezy.__version__}"
        )
    for name in recorded["modules"]:
        step(f"importing {name}")
        try:
            importlib.import_module(name)
        except ImportError as error:
            if fits:
                raise
            complain(f"{name} is in the list, and cannot be imported: {error}")
    step("checking Breezy's compiled helpers")
    # Breezy announces its fallback to slow Python versions in an info-level line only.
    if breezy.osutils._extension_load_failures:
        raise RuntimeError(
            f"Breezy's compiled helpers did not load: {breezy.osutils._extension_load_failures}"
        )
    import child
    import lock_reports

    lock_reports.install()

    step("rehearsing a session")
    child.rehearse()
    return len(sys.modules)


def complain(text: str) -> None:
    """Writes one line to the service's log."""
    print(f"zygote: {text}; hatchery restart records a new list", file=sys.stderr, flush=True)
