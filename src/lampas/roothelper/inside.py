# ruff: noqa: PTH101, PTH102, PTH113, PTH114, PTH115, PTH116, PTH123, PTH208, PTH211 - every import costs a start milliseconds
"""What runs in a sandbox: commands one after the other, and the account of what they left. Standard library, one file.

    python3 -I -S -B inside.py JSON

    {"commands": [[WORD…]…], "titles": [TEXT…], "cwd": DIR, "limits": {RLIMIT: N}, "copy": [FROM, TO] | [],
     "watched": BOOL, "collect": DIR | "", "seed": [ARCHIVE, DIR] | [], "pack": DIR | "", "port": N}

Commands write to stderr, both what they print and what they complain about, in the order in which they do. stdout is
the account: one line of JSON, then every content of `files` once, as 64 hexadecimal digits, 8 bytes of big-endian
length, the bytes.

    {"status": exit status of the last command, "ran": how many began, "files": [[path, mode, sha256, size]…],
     "links": [links that cannot be taken], "reads": [what of the copy was read; a directory that was listed ends in /]}

It runs as the application's user, alone in its namespaces: whoever reads the account takes it for the application's own
word. What the commands started is ended before the account is made.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import stat
import sys

DATABASE = "/run/lampas/database.sock"
_WHEN = 315532800  # every copied file's time, so that what is made from it does not hold the time of the build
_NOT_FOUND, _NOT_RUN = 127, 126


def main(told: dict) -> int:  # type: ignore[type-arg]
    """Works; returns the exit status of the last command."""
    if os.getppid() != 1:
        raise SystemExit("this runs in a sandbox alone")
    origin, copy = told["copy"] or ("", "")
    before, folders = copied(origin, copy, writable=not told["watched"]) if copy else ({}, set())
    if told["seed"]:
        unpacked(*told["seed"])
    relay(told["port"]) if told["port"] else None
    status = ran = 0
    for words, title in zip(told["commands"], told["titles"], strict=True):
        if title:
            say(f"{title}\n")
        ran += 1
        status = run(words, told["cwd"], told["limits"])
        if status:
            break
    end_the_others()
    reads = read(copy, before, folders) if copy and not status else []
    files, links = changed(told["collect"], before, origin) if told["collect"] and not status else ([], [])
    contents = {each[2]: f"{told['collect']}/{each[0]}" for each in files}
    if told["pack"] and not status:
        with contextlib.suppress(OSError):  # it is too large, or holds what no archive can: then there is none
            archive = packed(told["pack"])
            files.append(["data.tar", 0o444, sha256(archive), os.stat(archive).st_size])
            contents[files[-1][2]] = archive
    account({"status": status, "ran": ran, "files": files, "links": links, "reads": reads}, contents)
    return status


def run(words: list, cwd: str, limits: dict) -> int:  # type: ignore[type-arg]
    """Runs one command to its end; 128 + n where a signal ended it."""
    pid = os.fork()
    if pid == 0:
        try:
            become(words, cwd, limits)
        except FileNotFoundError as error:
            say(f"{error.filename or words[0]}: not found\n")
            os._exit(_NOT_FOUND)
        except OSError as error:
            say(f"{words[0]}: {error.strerror}\n")
            os._exit(_NOT_RUN)
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def become(words: list, cwd: str, limits: dict) -> None:  # type: ignore[type-arg]
    """Becomes the command. It never reads, and what it prints joins what it complains."""
    import resource

    os.setsid()
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.chdir(cwd)
    for what, most in limits.items():
        _, hard = resource.getrlimit(int(what))
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(int(what), (bound, bound))
    os.execvpe(words[0], words, os.environ)  # noqa: S606 - no shell is what it is for


def copied(origin: str, copy: str, *, writable: bool) -> tuple:  # type: ignore[type-arg]
    """Copies a tree; gives path → what a look at the copied file says, and its directories. A look that says the same
    is the same file: nobody can set the time of a change."""
    seen, folders_made = {}, [copy]
    os.mkdir(copy, 0o755)
    for base, folders, files in os.walk(origin):
        there = copy + base[len(origin) :]
        for name in list(folders):
            if os.path.islink(f"{base}/{name}"):
                files.append(name)
            else:
                os.mkdir(f"{there}/{name}", 0o755)
                folders_made.append(f"{there}/{name}")
        for name in files:
            source, target = f"{base}/{name}", f"{there}/{name}"
            if os.path.islink(source):
                os.symlink(os.readlink(source), target)
                continue
            shutil.copyfile(source, target)
            os.chmod(target, stat.S_IMODE(os.stat(source).st_mode) & 0o777 | (0o200 if writable else 0))
            os.utime(target, (_WHEN, _WHEN))
            seen[target] = look(os.lstat(target))
    for folder in folders_made:
        if not writable:
            os.chmod(folder, 0o555)  # noqa: S103 - it is read by one user alone
        os.utime(folder, (_WHEN, _WHEN))
    return seen, set(folders_made)


def read(copy: str, before: dict, folders: set) -> list:  # type: ignore[type-arg]
    """What of the copy was read: the kernel keeps the time when a file was read first, or a directory listed, after its
    own times were set back. What was changed, removed or is empty counts as read; nothing is known of what was looked
    at without being opened."""
    found = [path for path, seen in before.items() if not seen[1] or was_read(path) or look_at(path) != seen]
    found += [f"{path}/" for path in folders if was_read(path)]
    return sorted(path[len(copy) + 1 :] for path in found)


def was_read(path: str) -> bool:
    """Whether it was read since it was copied, or is not there any more."""
    try:
        return int(os.lstat(path).st_atime) != _WHEN
    except OSError:
        return True


def look_at(path: str) -> tuple:  # type: ignore[type-arg]
    """What a look at a file says now; of one that is gone nothing."""
    try:
        return look(os.lstat(path))
    except OSError:
        return ()


def look(found: os.stat_result) -> tuple:  # type: ignore[type-arg]
    """What tells one state of a file from another."""
    return found.st_ino, found.st_size, found.st_ctime_ns, found.st_mode


def changed(collect: str, before: dict, origin: str) -> tuple:  # type: ignore[type-arg]
    """The regular files that are new or hold something else, each as [path, mode, sha256, size]; and the new links that
    lead out of the tree or to a directory. A link to a file within is taken for that file."""
    found, links = [], []
    top = os.path.realpath(collect)
    for base, folders, files in os.walk(collect):
        files += [name for name in folders if os.path.islink(f"{base}/{name}")]
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            path = f"{base}/{name}"
            short = path[len(collect) + 1 :]
            if os.path.islink(path):
                if origin and os.path.islink(f"{origin}/{short}"):
                    continue  # a persistent directory
                if not os.path.realpath(path).startswith(top + "/") or not os.path.isfile(path):
                    links.append(short)
                    continue
            seen = os.stat(path)
            if not stat.S_ISREG(seen.st_mode) or before.get(path) == look(seen):
                continue
            if not seen.st_mode & 0o400:
                os.chmod(path, seen.st_mode | 0o400)
            digest = sha256(path)
            mode = 0o555 if seen.st_mode & 0o100 else 0o444
            if path not in before or not same(f"{origin}/{short}", digest, mode):
                found.append([short, mode, digest, seen.st_size])
    return found, links


def same(original: str, digest: str, mode: int) -> bool:
    """Whether a file that was touched holds what it held."""
    return sha256(original) == digest and bool(os.stat(original).st_mode & 0o100) == (mode == 0o555)


def sha256(path: str) -> str:
    """The hash of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def account(said: dict, contents: dict) -> None:  # type: ignore[type-arg]
    """Writes the account; `contents` is sha256 → path."""
    with open(1, "wb", closefd=False) as out:
        out.write(json.dumps(said).encode("utf-8", "surrogateescape") + b"\n")
        for digest, path in contents.items():
            out.write(digest.encode() + os.stat(path).st_size.to_bytes(8, "big"))
            with open(path, "rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)


def unpacked(archive: str, folder: str) -> None:
    """Fills a scratch directory with what `packed` made of one."""
    import tarfile

    with tarfile.open(archive) as tar:
        tar.extractall(folder)  # noqa: S202 - made here, and here is nothing to break out of


def packed(folder: str) -> str:
    """A directory as an archive; the same content gives the same bytes, but for times."""
    import tarfile

    archive = "/tmp/.data.tar"  # noqa: S108 - the sandbox's own
    with tarfile.open(archive, "w") as tar:
        for name in sorted(os.listdir(folder)):
            tar.add(f"{folder}/{name}", name)
    return archive


def end_the_others() -> None:
    """Ends all that the commands left running; this process and the sandbox's own first one stay."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def say(text: str) -> None:
    """Joins what the commands write."""
    os.write(2, text.encode(errors="surrogateescape"))


def relay(port: int) -> None:
    """A process that listens on 127.0.0.1 and carries each connection to the database's socket. It listens when this
    returns."""
    import socket

    door = socket.create_server(("127.0.0.1", port), backlog=128)
    if os.fork():
        door.close()
        return
    import threading

    os.setsid()
    while True:
        client, _ = door.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(DATABASE)
        except OSError:
            client.close()
            continue
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=carry, args=(source, target), daemon=True).start()


def carry(source, target) -> None:  # type: ignore[no-untyped-def]
    """Carries one direction of a connection to its end."""
    import socket

    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)  # the other direction may go on
    except OSError:
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
