"""The folder of one node: who it is, what it promised, that it runs, and where. Its log has a folder of its own in it.

`node.lock` keeps two processes from being the same node; `runtime.json` tells commands on this machine where to ask.
Not here: what these records mean to the cluster.
"""

import json
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from apps.cluster.core.ids import NodeId, node_name, parse_node
from apps.cluster.core.node import Claim, Identity
from apps.cluster.runtime.disk import Disk, StorageFailed, failing_loudly, replace_file
from apps.cluster.runtime.sealing import UNDECODABLE
from apps.cluster.runtime.wal import WriteAheadLog

FORMAT = 1
IDENTITY_FILE = "identity.json"
LOCK_FILE = "node.lock"
RUNTIME_FILE = "runtime.json"
LOG_FOLDER = "log"
ADVICE = "move the node's folder away and start it again: it joins its cluster as a new member"


class ClaimFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim as a person can read it."""

    cluster_id: str
    voters: tuple[str, ...]


class IdentityFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`identity.json`."""

    format: int
    node: str
    boot: int
    name: str
    cluster_id: str
    removed: bool
    claim: ClaimFile | None


class Running(msgspec.Struct, frozen=True):
    """`runtime.json`: the process that runs this node and where its control port listens."""

    pid: int
    node: str
    host: str
    port: int


class FolderInUse(StorageFailed):
    """Another process is this node."""


class NodeFiles:
    """Opened once by the process that is this node; closed when it ends."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self._disk = disk or Disk()
        self._lock = -1

    @property
    def log(self) -> WriteAheadLog:
        """A log in this folder; open it once."""
        return WriteAheadLog(self.folder / LOG_FOLDER, self._disk)

    def open(self, name: str) -> tuple[Identity, Claim | None]:
        """Take the folder and count this start; a new folder makes a new node. Raises StorageFailed, FolderInUse."""
        with failing_loudly(self.folder):
            self._disk.make_folder(self.folder)
            self._take_lock()
        try:
            identity, claim = self._read()
            identity = msgspec.structs.replace(identity, boot=identity.boot + 1, name=name)
            self.save(identity, claim)
        except StorageFailed:
            self.close()
            raise
        return identity, claim

    def save(self, identity: Identity, claim: Claim | None) -> None:
        """Force both records down. Raises StorageFailed."""
        promised = ClaimFile(claim.cluster_id, tuple(map(node_name, claim.voters))) if claim is not None else None
        record = IdentityFile(
            format=FORMAT,
            node=node_name(identity.node),
            boot=identity.boot,
            name=identity.name,
            cluster_id=identity.cluster_id,
            removed=identity.removed,
            claim=promised,
        )
        path = self.folder / IDENTITY_FILE
        with failing_loudly(path):
            replace_file(self._disk, path, json.dumps(msgspec.to_builtins(record), indent=2).encode() + b"\n")

    def announce(self, identity: Identity, host: str, port: int) -> None:
        """Tell commands on this machine where the node answers; a crash leaves it, so they check the process."""
        path = self.folder / RUNTIME_FILE
        record = Running(os.getpid(), node_name(identity.node), host, port)
        with failing_loudly(path):
            replace_file(self._disk, path, msgspec.json.encode(record))

    def close(self) -> None:
        """Give the folder back."""
        if self._lock < 0:
            return
        with suppress(OSError):
            self._disk.remove(self.folder / RUNTIME_FILE)
        os.close(self._lock)
        self._lock = -1

    def _take_lock(self) -> None:
        path = self.folder / LOCK_FILE
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise FolderInUse(path, "another process runs this node", "stop it first, or use another folder") from error
        self._lock = descriptor

    def _read(self) -> tuple[Identity, Claim | None]:
        path = self.folder / IDENTITY_FILE
        if path.name not in self._disk.names(self.folder):
            if LOG_FOLDER in self._disk.names(self.folder):
                raise StorageFailed(path, "is missing beside a log", ADVICE)
            return Identity(NodeId(secrets.randbits(63) or 1), 0, ""), None
        with failing_loudly(path):
            data = self._disk.read(path)
        try:
            return _parsed(msgspec.json.decode(data, type=IdentityFile))
        except (*UNDECODABLE, ValueError) as error:
            raise StorageFailed(path, f"is damaged ({error})", ADVICE) from error


def read_running(folder: Path) -> Running | None:
    """Return which process runs the node of a folder; None if there is none."""
    try:
        running = msgspec.json.decode((folder / RUNTIME_FILE).read_bytes(), type=Running)
    except (OSError, *UNDECODABLE):
        return None
    return running if _lives(running.pid) else None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        """Take the lock of a file. Raises OSError if somebody else has it."""
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _lives(pid: int) -> bool:
        """Say yes: to look by a signal would end it there. Whoever then asks it finds out."""
        return True

else:
    from fcntl import LOCK_EX, LOCK_NB, flock

    def _lock(descriptor: int) -> None:
        """Take the lock of a file. Raises OSError if somebody else has it."""
        flock(descriptor, LOCK_EX | LOCK_NB)

    def _lives(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except PermissionError:
            return True  # It lives, and belongs to somebody else.
        except (OSError, OverflowError):
            return False
        return True


def _parsed(record: IdentityFile) -> tuple[Identity, Claim | None]:
    if record.format != FORMAT:
        raise ValueError(f"its format is {record.format}, this program knows {FORMAT}")
    claim = record.claim
    return (
        Identity(parse_node(record.node), record.boot, record.name, record.cluster_id, record.removed),
        Claim(claim.cluster_id, tuple(map(parse_node, claim.voters))) if claim is not None else None,
    )
