"""Messages as a forker sends them, for tests that need any valid message."""

from messages import Configure, Details, Fork

DETAILS: Details = {
    "user": "alice",
    "peer": None,
    "command": "rocks",
    "startedAt": "2026-05-01T10:00:00.000Z",
}


def configure(
    preload: str = "", fingerprint: str = "", fork: bool = True, pool_size: int = 0
) -> Configure:
    """A configuration with a Python that does not exist, so that no zygote starts."""
    return {
        "request": "configure",
        "python": "/nowhere/python3",
        "environment": {},
        "runAs": None,
        "limits": {"cpuS": 0, "addressSpaceBytes": 0, "openFiles": 0, "fileSizeBytes": 0},
        "umask": 0o027,
        "fork": fork,
        "preload": preload,
        "poolSize": pool_size,
        "cgroup": None,
        "fingerprint": fingerprint,
    }


def fork(child_id: str) -> Fork:
    return {
        "request": "fork",
        "id": child_id,
        "command": ["rocks"],
        "environment": {},
        "connectTimeoutS": 1,
        "details": DETAILS,
    }
