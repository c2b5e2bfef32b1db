"""The file that `vibefollow backup` writes: a tar of `database.dump`, `secret` and `manifest.json`.

The dump comes first: it is streamed into its place before its size is known. The manifest holds
SHA-256 sums of the others, so that a damaged file is known before anything is done with it.
"""

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from vibefollow_server import clock
from vibefollow_server.errors import OperatorError

FORMAT = 1
PRODUCT = "vibefollow"
DUMP, SECRET, MANIFEST = "database.dump", "secret", "manifest.json"
CHUNK = 1024 * 1024
LARGEST_SMALL_FILE = 1024 * 1024

Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `created` is RFC 3339; `sha256` by file name, in hexadecimal."""

    version: str
    schema: str
    postgresql: int
    created: str
    sha256: dict[str, str] = field(default_factory=dict)
    product: str = PRODUCT
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup file that was read and found whole."""

    path: Path
    manifest: Manifest
    secret: str = field(repr=False)
    dump_offset: int
    dump_size: int

    def dump_chunks(self) -> Iterator[bytes]:
        """Give the dump, piece by piece."""
        with self.path.open("rb") as file:
            file.seek(self.dump_offset)
            left = self.dump_size
            while left and (chunk := file.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk


@contextlib.contextmanager
def new_archive(path: Path) -> Iterator["ArchiveWriter"]:
    """Write a backup beside `path` and move it there when it is complete and on disk; else leave nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise OperatorError(f"The backup {path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield ArchiveWriter(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise OperatorError(f"The backup {path} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


class ArchiveWriter:
    """Writes the dump with `write`, then all the rest with `finish`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._size = 0
        file.seek(tarfile.BLOCKSIZE)  # the dump's header comes when its size is known

    def write(self, chunk: bytes) -> None:
        """Append to the dump."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self._size += len(chunk)

    def size(self) -> int:
        """Return how many bytes the file has by now."""
        return self._file.seek(0, os.SEEK_END)

    def finish(self, secret: str, manifest: Manifest) -> None:
        """Complete the file; the sums are added to `manifest`."""
        self._file.write(bytes(-self._size % tarfile.BLOCKSIZE))
        end = self._file.tell()
        self._file.seek(0)
        self._file.write(_member(DUMP, self._size).tobuf(tarfile.GNU_FORMAT))
        self._file.seek(end)
        manifest.sha256.update({DUMP: self._digest.hexdigest(), SECRET: _sum(secret.encode())})
        with tarfile.open(fileobj=self._file, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for name, text in ((SECRET, secret), (MANIFEST, json.dumps(asdict(manifest), indent=2))):
                tar.addfile(_member(name, len(text.encode())), io.BytesIO(text.encode()))


def open_archive(path: Path) -> Archive:
    """Read a backup through and check its sums. Raises `OperatorError` where it is damaged or foreign."""
    try:
        with tarfile.open(path, "r:") as tar:
            members = {member.name: member for member in tar.getmembers()}
            manifest = _manifest(_small(tar, members, MANIFEST), path)
            secret = _small(tar, members, SECRET).decode()
            dump = members[DUMP]
        archive = Archive(path, manifest, secret, dump.offset_data, dump.size)
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    except (tarfile.TarError, KeyError, UnicodeDecodeError, EOFError) as error:
        raise OperatorError(f"{path} is not a backup of Vibefollow, or it is cut off.") from error
    _demand_whole(archive)
    return archive


def _manifest(text: bytes, path: Path) -> Manifest:
    try:
        facts = json.loads(text)
        if facts["product"] != PRODUCT:
            raise KeyError(PRODUCT)
        if facts["format"] != FORMAT:
            raise OperatorError(f"{path} was written by a newer version of Vibefollow; restore it with that.")
        return Manifest(**facts)
    except (ValueError, TypeError, KeyError) as error:
        raise OperatorError(f"{path} is not a backup of Vibefollow.") from error


def _demand_whole(archive: Archive) -> None:
    digest, size = hashlib.sha256(), 0
    for chunk in archive.dump_chunks():
        digest.update(chunk)
        size += len(chunk)
    found = {DUMP: digest.hexdigest(), SECRET: _sum(archive.secret.encode())}
    if size != archive.dump_size or found != archive.manifest.sha256:
        raise OperatorError(f"The backup {archive.path} is damaged: its contents do not match their sums.")


def _small(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str) -> bytes:
    file = tar.extractfile(members[name])
    if file is None or members[name].size > LARGEST_SMALL_FILE:
        raise KeyError(name)
    return file.read()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(clock.now().timestamp())
    return member


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
