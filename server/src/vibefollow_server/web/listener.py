"""Taking no more connections at a port while those that came through it live on."""

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

_SO_ATTACH_FILTER = 26  # linux/asm-generic/socket.h; Python has no name for it
# A classic BPF program (linux/filter.h: code, jump if true, jump if false, operand) that sees TCP segments
# and drops those that open a connection: of the flags in byte 13 (RFC 9293 section 3.1), SYN without ACK.
_DROP_OPENING_SEGMENTS = (
    (0x30, 0, 0, 13),  # load the flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone: go on, otherwise skip one
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # let pass
)


def take_no_more_connections(port: int) -> None:
    """Let no further connection begin at `port`; who tries is refused when the listener is closed.

    Granian stops in one step: it closes its listener, with the connections that wait in it, and at the same
    moment every connection on which nothing has arrived yet, though a request may be on its way. So the
    stream of new connections is cut off first, and Granian stopped when the last ones had time to say what
    they want. Where the system cannot do this (it is Linux's), such requests may go unanswered.
    """
    for listener in _listeners(port):
        with listener, contextlib.suppress(OSError):
            _attach_filter(listener)


def _attach_filter(listener: socket.socket) -> None:
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _DROP_OPENING_SEGMENTS)
    instructions = ctypes.create_string_buffer(program)
    described = struct.pack("HP", len(_DROP_OPENING_SEGMENTS), ctypes.addressof(instructions))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)


def _listeners(port: int) -> Iterator[socket.socket]:
    """Find the sockets of this process that listen at `port`: Granian keeps its own to itself."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():  # no Linux
        return
    for entry in list(descriptors.iterdir()):
        with contextlib.suppress(OSError):
            found = socket.socket(fileno=os.dup(int(entry.name)))
            if _listens(found, port):
                yield found
            else:
                found.close()


def _listens(found: socket.socket, port: int) -> bool:
    return (
        found.family in (socket.AF_INET, socket.AF_INET6)
        and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        and found.getsockname()[1] == port
    )
