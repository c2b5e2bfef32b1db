"""A dump on its way: out of the backup, through pg_restore, into psql."""

import contextlib
import subprocess
import threading

from .archive import CHUNK, Archive

# pg_restore says so to every server, and those before version 17 do not know it.
SINCE_17 = b"SET transaction_timeout = 0;\n"


def feed(
    archive: Archive, reader: "subprocess.Popen[bytes]", psql: "subprocess.Popen[bytes]", major: int
) -> bool:
    """Pump everything through; end psql's input only where pg_restore came to its end in order.

    Returns False where either failed: psql then still waits for input, or has given up already.
    """
    assert reader.stdout is not None
    assert psql.stdin is not None
    giver = threading.Thread(target=_give, args=(archive, reader), daemon=True)
    giver.start()
    try:
        first = True
        while chunk := reader.stdout.read(CHUNK):
            psql.stdin.write(chunk.replace(SINCE_17, b"", 1) if first and major < 17 else chunk)
            first = False
        if reader.wait() != 0:
            return False
        psql.stdin.close()
    except OSError:  # psql gave up and closed its input
        psql.wait()
        return False
    return True


def _give(archive: Archive, reader: "subprocess.Popen[bytes]") -> None:
    assert reader.stdin is not None
    with contextlib.suppress(OSError, ValueError):  # pg_restore gave up: its exit code says so
        for chunk in archive.dump_chunks():
            reader.stdin.write(chunk)
    with contextlib.suppress(OSError, ValueError):
        reader.stdin.close()
