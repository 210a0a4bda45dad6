"""The folder of a node: one process, one identity, counted starts."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.node import Claim
from apps.cluster.runtime.disk import StorageFailed
from apps.cluster.runtime.files import FolderInUse, NodeFiles, Running, read_running


def test_a_folder_makes_a_node_once_and_counts_its_starts(tmp_path: Path) -> None:
    identities = []

    for name in ("a", "b"):
        files = NodeFiles(tmp_path / "node")
        identities.append(files.open(name)[0])
        files.close()

    first, second = identities
    assert 0 < first.node < 1 << 63
    assert (first.boot, first.name, first.cluster_id) == (1, "a", "")
    assert second == msgspec.structs.replace(first, boot=2, name="b")


def test_what_was_promised_outlives_a_restart(tmp_path: Path) -> None:
    files = NodeFiles(tmp_path)
    identity, _ = files.open("a")
    claim = Claim("c", (NodeId(3), identity.node))
    formed = msgspec.structs.replace(identity, cluster_id="c", removed=True)

    files.save(formed, claim)
    files.close()

    assert NodeFiles(tmp_path).open("a") == (msgspec.structs.replace(formed, boot=2), claim)


def test_a_second_process_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    files = NodeFiles(tmp_path)
    files.open("a")

    with pytest.raises(FolderInUse, match="another process runs this node"):
        NodeFiles(tmp_path).open("b")
    files.close()
    files.close()

    assert NodeFiles(tmp_path).open("b")[0].boot == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: {**record, "format": 2},
        lambda record: {**record, "node": "xyz"},
        lambda record: {**record, "extra": 1},
        lambda record: [],
    ],
)
def test_a_damaged_identity_is_told(tmp_path: Path, spoil: object) -> None:
    files = NodeFiles(tmp_path)
    files.open("a")
    files.close()
    path = tmp_path / "identity.json"
    assert callable(spoil)
    path.write_text(json.dumps(spoil(json.loads(path.read_text()))))

    with pytest.raises(StorageFailed, match=r"identity\.json: is damaged"):
        NodeFiles(tmp_path).open("a")
    with pytest.raises(StorageFailed):
        NodeFiles(tmp_path).open("a")


def test_a_log_without_an_identity_is_not_given_a_fresh_one(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()

    with pytest.raises(StorageFailed, match="is missing beside a log"):
        NodeFiles(tmp_path).open("a")


def test_the_log_is_in_the_folder(tmp_path: Path) -> None:
    assert NodeFiles(tmp_path).log.open() is None
    assert (tmp_path / "log").is_dir()


def test_a_running_node_can_be_found_until_it_stops(tmp_path: Path) -> None:
    files = NodeFiles(tmp_path)
    identity, _ = files.open("a")
    before = read_running(tmp_path)

    files.announce(identity, "127.0.0.1", 8002)
    running = read_running(tmp_path)
    files.close()

    assert before is None
    assert running == Running(os.getpid(), f"{identity.node:016x}", "127.0.0.1", 8002)
    assert read_running(tmp_path) is None


def test_what_a_crash_left_is_no_running_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, _: int) -> None:
        raise {1: PermissionError, 2: ProcessLookupError, 3: OverflowError}[pid]

    monkeypatch.setattr(os, "kill", refuse)
    found = []

    for pid in (1, 2, 3):
        (tmp_path / "runtime.json").write_bytes(msgspec.json.encode(Running(pid, "n", "h", 1)))
        found.append(read_running(tmp_path) is not None)
    (tmp_path / "runtime.json").write_bytes(b"\xff{")

    assert found == [True, False, False]
    assert read_running(tmp_path) is None
