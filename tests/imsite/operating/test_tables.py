"""Operators see the cluster in tables that line up, in their language."""

import pytest

from imsite.operating.tables import member_lines, slot_lines, status_lines, table
from imsite.phrases import width
from tests.imsite.operating.status import member, status, unformed


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")


def column(lines: list[str], head: str) -> list[str]:
    """The cells below a head; no cell but the last holds a space."""
    place = lines[0].split().index(head)
    return [line.split()[place] for line in lines[1:]]


class TestTable:
    def test_columns_are_as_wide_as_their_widest_cell_on_the_screen(self) -> None:
        lines = table(["A", "B"], [["北京", 1], ["x", 22]], numbers=[1])

        assert lines == ["A      B", "北京   1", "x     22"]

    def test_what_is_not_known_is_a_dash(self) -> None:
        assert table(["A", "B"], [[None, ""]]) == ["A  B", "-  -"]

    def test_nothing_of_a_cell_controls_the_terminal(self) -> None:
        assert table(["A"], [["\x1b[2Jx\n"]])[1] == "?[2Jx?"


class TestMembers:
    def test_every_member_has_a_line(self) -> None:
        lines = member_lines(status())

        assert column(lines, "NODE") == ["alpha", "gamma", "北京"]
        assert column(lines, "ROLE") == ["voter", "learner", "voter"]
        assert column(lines, "STATUS") == ["alive", "dead", "alive"]
        assert column(lines, "SLOTS") == ["5461", "0", "5461"]

    def test_what_each_process_does_is_shown_and_whether_it_may_vote(self) -> None:
        lines = member_lines(status(members=[member("a", 1), member("b", 2, roles=["ws"], may_vote=False)]))

        assert column(lines, "SERVES") == ["ws,http,jobs", "ws"]
        assert [line.split("  ")[-1].strip() for line in lines[1:]] == ["asked", "without vote"]

    def test_a_member_of_an_older_version_says_nothing_of_that(self) -> None:
        older = member("a", 1)
        del older["roles"], older["may_vote"]

        assert column(member_lines(status(members=[older])), "SERVES") == ["-"]

    def test_the_leader_knows_who_is_behind(self) -> None:
        assert column(member_lines(status()), "BEHIND") == ["2", "-", "2"]

    def test_a_member_that_is_ahead_of_this_node_is_not_behind(self) -> None:
        assert column(member_lines(status(members=[member("alpha", 1, applied=50)])), "BEHIND") == ["0"]

    def test_remarks_tell_what_goes_on(self) -> None:
        lines = member_lines(status())

        assert [line.split("  ")[-1].strip() for line in lines[1:]] == [
            "leader, asked",
            "being removed",
            "draining",
        ]

    def test_a_role_of_another_version_is_shown_as_it_is(self) -> None:
        assert column(member_lines(status(members=[member("alpha", 1, role="witness")])), "ROLE") == ["witness"]

    @pytest.mark.usefixtures("chinese")
    def test_columns_line_up_in_chinese(self) -> None:
        lines = member_lines(status())

        assert lines[0].startswith("节点")
        assert "学习者" in lines[2]
        address = [width(line[: line.index("10.0.0.")]) for line in lines[1:]]
        assert len(set(address)) == 1
        assert width(lines[0][: lines[0].index("地址")]) == address[0]


class TestStatus:
    def test_the_node_and_its_cluster_come_before_the_members(self) -> None:
        lines = status_lines(status())

        assert lines[:10] == [
            "Node                 alpha (0000000000000001) at 10.0.0.1:8002, start 3",
            "Serves its slots     yes",
            "Works late by        0.25 ms on average, 3.5 ms at most lately",
            "Disk needs           1.5 ms on average, 4.0 ms at most lately",
            "Cluster              c1",
            "Leader               alpha",
            "Log                  term 5, index 42, slot epoch 17, version 1",
            "Processes            2 (machines: 2)",
            "Slots without owner  1",
            "Job leases           7",
        ]
        assert lines[10] == ""
        assert lines[11:] == member_lines(status())

    def test_a_cluster_without_leader_says_so(self) -> None:
        assert "Leader               none" in status_lines(status(leader=""))

    def test_a_node_without_cluster_shows_whom_it_sees(self) -> None:
        lines = status_lines(unformed())

        assert any(line.startswith("Cluster") and "none yet" in line for line in lines)
        assert not any(line.startswith("Leader") for line in lines)
        assert column(lines[lines.index("") + 1 :], "NODE") == ["beta"]

    @pytest.mark.usefixtures("chinese")
    def test_it_speaks_chinese(self) -> None:
        text = "\n".join(status_lines(status()))

        assert "平均 0.25 毫秒" in text
        assert "任期 5" in text


def test_slots_are_ranges_with_owner_and_the_one_before() -> None:
    lines = slot_lines(
        [
            {"first": 0, "last": 99, "owner": "alpha", "previous": "", "epoch": 3},
            {"first": 100, "last": 16383, "owner": "", "previous": "北京", "epoch": 12},
        ]
    )

    assert lines == [
        "SLOTS      COUNT  OWNER   BEFORE  EPOCH",
        "0-99         100  alpha   -           3",
        "100-16383  16284  nobody  北京       12",
    ]
