# Long: one zygote after another, from start to replacement.
"""Which zygote serves: its start, its successor's start, and what happens when it dies or fails to
start.
"""

import time
from collections import deque
from collections.abc import Callable

from keeper_events import Event, FailedStart, Failure, ZygoteFailed, ZygoteReady
from loop import Loop
from messages import Configuration
from vigil import Vigil
from zygote_link import START_S_MAX, Spawner, Zygote

#: Delays until a failed zygote is tried again; the last one repeats. The keeper never gives up: the
#: usual cause is an upgrade of Breezy that is still running.
RETRY_S = (0.5, 1, 2, 5, 10, 30)

#: A zygote that was ready and died is replaced at once, unless this many have died within this
#: time.
DEATHS_MAX = 5
DEATHS_WITHIN_S = 60.0


class Zygotes:
    """Keeps one zygote ready, if possible."""

    def __init__(
        self,
        loop: Loop,
        tell: Callable[[Event], None],
        took_over: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        #: Of the one that serves, or will serve.
        self._configuration: Configuration | None = None
        #: Of a successor on trial: it starts at the first attempt, or everything stays as it was.
        self._trial: Configuration | None = None
        #: Whether another successor was starting when the trial began.
        self._put_off = False
        #: The source of children; it may be dead or dying. The successor takes over once it is
        #: ready.
        self.serving: Zygote | Spawner | None = None
        self._successor: Zygote | None = None
        self._generation = 0
        self._failure: FailedStart | None = None
        self._failures = 0
        self._deaths: deque[float] = deque(maxlen=DEATHS_MAX)
        self._loop = loop
        self._tell = tell
        self._took_over = took_over
        self._failed = failed
        #: Of the one that serves.
        self.vigil = Vigil(loop)

    @property
    def ready(self) -> Zygote | Spawner | None:
        """The zygote that can be asked for a child."""
        return self.serving if self.serving is not None and self.serving.state == "ready" else None

    @property
    def why_none(self) -> str | None:
        """Why there will be no child for some time; None while there is one, or soon will be."""
        if self._failure is None or self.ready is not None:
            return None
        return f"the zygote does not start: {self._failure['step']}: {self._failure['message']}"

    def configure(self, configuration: Configuration) -> None:
        """Starts a zygote, or a new one when the configuration has changed; repeats what the forker
        may have missed.
        """
        if configuration != self._configuration:
            self._configuration, self._trial = configuration, None
            self.replace()
            return
        if self.ready is not None:
            self._tell_ready()
        if self._failure is not None:
            self._tell_failed(self._failure)

    def try_out(self, configuration: Configuration) -> None:
        """Starts a zygote with another configuration, which is kept if the zygote starts, and
        dropped if not.
        """
        if self._trial is None:
            self._put_off = self._successor is not None
        self._trial = configuration
        self.replace()

    def replace(self) -> None:
        """Starts another zygote, which takes over when it is ready. No session and no request is
        affected.
        """
        self._generation += 1
        if self._wanted["fork"]:
            self._start()
        else:
            self._loop.cancel("zygote")
            self._release(self._successor)
            self._take_over(Spawner(self._wanted, self._generation))

    @property
    def _wanted(self) -> Configuration:
        return self.configuration if self._trial is None else self._trial

    @property
    def configuration(self) -> Configuration:
        """Of the one that serves. The forker configures before it asks for anything else."""
        assert self._configuration is not None
        return self._configuration

    @property
    def cgroup(self) -> str | None:
        """The control group below which each child has its own; None also before the first
        configuration."""
        return None if self._configuration is None else self._configuration["cgroup"]

    def _start(self) -> None:
        self._loop.cancel("zygote")
        self._release(self._successor)
        self._successor = None
        try:
            zygote = Zygote(self._wanted, self._generation)
        except OSError as error:
            self._fail({"step": "starting python", "message": str(error), "stderr": []})
            return
        self._successor = zygote
        self._loop.alarm(
            "zygote", START_S_MAX, lambda: zygote.give_up(f"not ready within {START_S_MAX:.0f} s")
        )
        self._loop.watch(zygote.link, lambda: self._read(zygote))
        self._loop.watch(zygote.stderr, lambda: self._read_stderr(zygote))

    def _release(self, zygote: Zygote | Spawner | None) -> None:
        if isinstance(zygote, Zygote):
            self._loop.forget(zygote.link)
            self._loop.forget(zygote.stderr)
            zygote.close()

    def _read(self, zygote: Zygote) -> None:
        event = zygote.read_link()
        if event == "ready":
            self._take_over(zygote)
        elif zygote.state == "gone":
            self._loop.forget(zygote.link)
        elif event is not None and zygote is self.serving:
            self.vigil.heard(zygote.generation)

    def _read_stderr(self, zygote: Zygote) -> None:
        if not zygote.read_stderr():
            self._loop.forget(zygote.stderr)

    def _take_over(self, zygote: Zygote | Spawner) -> None:
        self._release(self.serving)
        self.serving, self._successor = zygote, None
        self._failure, self._failures = None, 0
        self._loop.cancel("zygote")
        if isinstance(zygote, Zygote):
            self.vigil.begin(zygote)
        else:
            self.vigil.end()
        tried = self._trial is not None
        self._configuration, self._trial = self._wanted, None
        self._tell_ready(tried)
        self._took_over()

    def _tell_ready(self, tried: bool = False) -> None:
        if isinstance(self.serving, Zygote):
            modules, milliseconds, at = (
                self.serving.modules,
                self.serving.started_in_ms,
                self.serving.ready_at_ms,
            )
            self._tell(
                ZygoteReady(
                    event="zygote.ready",
                    pid=self.serving.pid,
                    modules=modules,
                    startedInMs=milliseconds,
                    readyAtMs=at,
                    tried=tried,
                )
            )
        else:
            self._tell({"event": "zygote.none", "tried": tried})

    def _tell_failed(self, failure: FailedStart) -> None:
        serving = self.ready.pid if isinstance(self.ready, Zygote) else None
        told: ZygoteFailed = {
            "event": "zygote.failed",
            "step": failure["step"],
            "message": failure["message"],
            "stderr": failure["stderr"],
            "attempts": failure["attempts"],
            "failedAtMs": failure["failedAtMs"],
            "retryInMs": failure["retryInMs"],
            "servingPid": serving,
        }
        self._tell(told)

    def died(self, pid: int, status: int) -> bool:
        """Handles the end of a process; False when it was none of these."""
        for zygote in (self.serving, self._successor):
            if isinstance(zygote, Zygote) and zygote.pid == pid:
                self._died(zygote, status)
                return True
        return False

    def _died(self, zygote: Zygote, status: int) -> None:
        failure = zygote.failure(status)
        self._release(zygote)
        if zygote is self._successor:
            self._successor = None
            self._fail(failure)
            return
        # Its pool stays: those children are as good as before.
        self.serving = None
        self.vigil.end()
        self._tell({"event": "zygote.died", "status": status, "cause": zygote.killed_for})
        self._deaths.append(time.monotonic())
        if self._successor is not None:
            return
        if len(self._deaths) < DEATHS_MAX or self._deaths[-1] - self._deaths[0] > DEATHS_WITHIN_S:
            # It has proved that it can start: requests that arrive meanwhile wait for the next one.
            self._start()
        else:
            self._deaths.clear()
            often = f"{DEATHS_MAX} times within {DEATHS_WITHIN_S:.0f} s"
            message = f"it died {often}; the last time: {failure['message']}"
            self._fail({"step": "serving", "message": message, "stderr": failure["stderr"]})

    def _fail(self, failure: Failure) -> None:
        if self._trial is not None:
            self._trial = None
            self._loop.cancel("zygote")
            step, message, stderr = failure["step"], failure["message"], failure["stderr"]
            self._tell(
                {"event": "zygote.rejected", "step": step, "message": message, "stderr": stderr}
            )
            if self._put_off or self.serving is None or self._failure is not None:
                self._start()
            return
        retry_s = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1
        self._failure = {
            "step": failure["step"],
            "message": failure["message"],
            "stderr": failure["stderr"],
            "attempts": self._failures,
            "retryInMs": round(retry_s * 1000),
            "failedAtMs": round(time.time() * 1000),
        }
        self._tell_failed(self._failure)
        if self.why_none is not None:
            self._failed(self.why_none)
        self._loop.alarm("zygote", retry_s, self._start)
