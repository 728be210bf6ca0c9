"""The hook that git calls in the middle of a push: `pre-receive` and `proc-receive`, by the name it is called under.

It decides nothing, knows nothing of LAMPAS and holds no credentials: it relays between git and the request that
authenticated the push, through a socket that it inherits from there. It imports the least possible, for each push
starts it twice. A message on the socket is eight hexadecimal digits of length, then the bytes.
"""

import os
import sys

FLUSH = b"0000"


def send(socket: int, data: bytes) -> None:
    """Sends one message."""
    rest = b"%08x" % len(data) + data
    while rest:
        rest = rest[os.write(socket, rest) :]


def exactly(source: int, count: int) -> bytes:
    """Reads this many bytes, or fewer at the end of the stream."""
    data = b""
    while len(data) < count:
        more = os.read(source, min(count - len(data), 1 << 16))
        if not more:
            break
        data += more
    return data


def receive(socket: int) -> bytes:
    """Receives one message; ends the hook where the other side is gone."""
    head = exactly(socket, 8)
    if len(head) < 8:
        os.write(2, b"the server ended before the push was stored; push again\n")
        sys.exit(1)
    return exactly(socket, int(head, 16))


def until_flush() -> bytes:
    """Reads pkt-lines from git up to a flush packet, which is left out."""
    data = b""
    while True:
        head = exactly(0, 4)
        if head == FLUSH or len(head) < 4:
            return data
        data += head + exactly(0, int(head, 16) - 4)


def pre_receive(socket: int) -> int:
    """Hands over which refs are to change and where the new objects wait; git ends the push unless it returns 0."""
    commands = b""
    while more := os.read(0, 1 << 16):
        commands += more
    send(socket, b"pre-receive")
    send(socket, os.environb.get(b"GIT_QUARANTINE_PATH", b""))
    send(socket, commands)
    answer = receive(socket)
    os.write(2, answer[1:])
    return 0 if answer[:1] == b"0" else 1


def proc_receive(socket: int) -> int:
    """Has the refs moved and tells git what became of each."""
    offered = until_flush()
    os.write(1, b"000eversion=1\0" + FLUSH)
    commands = until_flush()
    send(socket, b"proc-receive")
    send(socket, offered)
    send(socket, commands)
    answer = receive(socket)
    while answer:
        answer = answer[os.write(1, answer) :]
    return 0


if __name__ == "__main__":
    inherited = int(os.environ["LAMPAS_PUSH_SOCKET"])
    sys.exit(pre_receive(inherited) if sys.argv[0].endswith("pre-receive") else proc_receive(inherited))
