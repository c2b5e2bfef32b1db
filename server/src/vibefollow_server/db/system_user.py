"""Whom PostgreSQL runs as. It refuses to run as root, so for root there is a system user `vibefollow`."""

import ctypes
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict

from vibefollow_server.errors import OperatorError

NAME = "vibefollow"
PR_SET_PDEATHSIG = 1


class PopenIdentity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that change who a process is."""

    user: int
    group: int
    extra_groups: list[int]
    env: dict[str, str]


@dataclass(frozen=True, slots=True)
class SystemUser:
    """An operating system user, and whether it is another one than ours."""

    uid: int
    gid: int
    is_other: bool

    def popen_arguments(self) -> PopenIdentity:
        """Return what makes a child process run as this user, with a plain environment."""
        environment = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
        environment |= {"LC_ALL": "C", "LANG": "C"}
        if not self.is_other:
            return {"env": environment}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "env": environment}

    def own(self, path: Path) -> None:
        """Give `path` to this user; a symbolic link is not followed."""
        if self.is_other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def demand_access(self, *places: Path) -> None:
        """Let this user pass through the directories on the way to `places`.

        Root's own directories are often closed (0700): they get the right to pass, not the right to list.
        """
        if not self.is_other:
            return
        for place in places:
            for directory in (place, *place.parents):
                status = directory.stat()
                if not self._may_pass(status):
                    directory.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)

    def _may_pass(self, directory: os.stat_result) -> bool:
        if directory.st_uid == self.uid:
            return bool(directory.st_mode & stat.S_IXUSR)
        if directory.st_gid == self.gid:
            return bool(directory.st_mode & stat.S_IXGRP)
        return bool(directory.st_mode & stat.S_IXOTH)


@cache
def postgres_user() -> SystemUser:
    """Return ourselves, or, where we are root, the system user `vibefollow`, which is made when missing."""
    if os.geteuid() != 0:
        return SystemUser(os.geteuid(), os.getegid(), is_other=False)
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _make_user()
    return SystemUser(entry.pw_uid, entry.pw_gid, is_other=True)


def owner_of(cluster: Path) -> SystemUser:
    """Return whom an existing cluster belongs to: it only ever runs as that user. Raises `OperatorError`."""
    status = cluster.stat()
    if os.geteuid() == 0 and status.st_uid != 0:
        return SystemUser(status.st_uid, status.st_gid, is_other=True)
    if status.st_uid == 0:
        raise OperatorError(f"{cluster} belongs to root, but PostgreSQL does not run as root; give it away"
                            f" with: chown -R {NAME}: {cluster}")  # fmt: skip
    if status.st_uid != os.geteuid():
        raise OperatorError(
            f"{cluster} belongs to {user_name(status.st_uid)}; start Vibefollow as that user or as root."
        )
    return SystemUser(status.st_uid, status.st_gid, is_other=False)


def user_name(uid: int) -> str:
    """Return the name of the user `uid`, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _make_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    arguments = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    try:
        subprocess.run(
            [useradd, *arguments, "--shell", "/usr/sbin/nologin", NAME], check=True, capture_output=True
        )
        return pwd.getpwnam(NAME)
    except (OSError, subprocess.CalledProcessError, KeyError):
        # Two starting at once: the other one may have made it.
        try:
            return pwd.getpwnam(NAME)
        except KeyError:
            raise OperatorError(
                "PostgreSQL does not run as root, and the system user 'vibefollow' could not be made;"
                " make it (useradd --system vibefollow) or start Vibefollow as an ordinary user."
            ) from None


def die_with_parent(how: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn` that makes the child get the signal `how` when its parent is gone (Linux).

    The kernel sends it when the *thread* that forked ends: fork from the main thread.
    """
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent = os.getpid()

    def ask_kernel() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return ask_kernel
