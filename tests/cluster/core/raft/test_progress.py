from apps.cluster.core.raft import RaftConfig
from apps.cluster.core.raft.progress import Progress, Stage
from tests.cluster.core.raft.build import ONE

LAST, COMMIT = 9, 5


def probing(**config: int) -> Progress:
    return Progress(RaftConfig(ONE, **config), following=LAST + 1)


def replicating(match: int = 3, **config: int) -> Progress:
    progress = probing(**config)
    progress.accepted(match)
    return progress


def test_a_member_is_probed_with_one_append_at_a_time() -> None:
    progress = probing()

    assert progress.wants(LAST, COMMIT)
    progress.sent(LAST, 0, COMMIT)

    assert progress.paused
    assert not progress.wants(LAST, COMMIT)
    assert progress.next == LAST + 1


def test_an_answer_to_a_heartbeat_allows_another_probe() -> None:
    progress = probing()
    progress.sent(LAST, 0, COMMIT)

    progress.beat(LAST, 0)

    assert progress.wants(LAST, COMMIT)


def test_a_refused_probe_goes_back_to_the_hint_but_not_behind_what_matches() -> None:
    progress = probing()

    assert progress.refused(LAST, hint=4)
    assert progress.next == 5
    assert progress.refused(4, hint=0)
    assert progress.next == 1


def test_a_refusal_of_something_else_is_no_news() -> None:
    progress = probing()

    assert not progress.refused(3, hint=1)
    assert progress.next == LAST + 1


def test_an_accepted_probe_opens_the_pipe() -> None:
    progress = probing()
    progress.refused(LAST, hint=3)

    news = progress.accepted(3)

    assert news
    assert (progress.stage, progress.match, progress.next) == (Stage.REPLICATE, 3, 4)


def test_appends_follow_each_other_up_to_a_number() -> None:
    progress = replicating(max_inflight=2)

    progress.sent(4, 10, COMMIT)
    progress.sent(5, 10, COMMIT)

    assert progress.paused
    assert progress.next == 6
    assert not progress.accepted(3)
    assert progress.accepted(4)
    assert not progress.paused


def test_appends_follow_each_other_up_to_a_size() -> None:
    progress = replicating(max_inflight_bytes=10)

    progress.sent(4, 10, COMMIT)

    assert progress.paused
    assert progress.accepted(4)
    assert not progress.paused


def test_a_commit_is_news_worth_an_empty_append() -> None:
    progress = replicating(match=LAST)

    assert progress.wants(LAST, COMMIT)
    progress.sent(LAST, 0, COMMIT)
    assert not progress.wants(LAST, COMMIT)
    assert progress.wants(LAST, COMMIT + 1)


def test_a_refused_append_leads_back_to_probing() -> None:
    progress = replicating()
    progress.sent(6, 1, COMMIT)

    assert progress.refused(6, hint=4)
    assert (progress.stage, progress.next, progress.paused) == (Stage.PROBE, 4, False)


def test_a_late_refusal_of_what_was_accepted_since_is_no_news() -> None:
    progress = replicating(match=6)

    assert not progress.refused(6, hint=2)
    assert progress.stage is Stage.REPLICATE


def test_what_is_not_answered_when_a_heartbeat_is_may_be_lost() -> None:
    progress = replicating(max_inflight=1)
    progress.sent(LAST, 1, COMMIT)

    progress.beat(LAST, 0)

    assert progress.wants(LAST, COMMIT)
    progress.sent(LAST, 0, COMMIT)
    assert not progress.wants(LAST, COMMIT)


def test_a_heartbeat_changes_nothing_for_a_member_that_has_everything() -> None:
    progress = replicating(match=LAST)
    progress.sent(LAST, 0, COMMIT)

    progress.beat(LAST, 0)

    assert not progress.wants(LAST, COMMIT)


def test_nothing_is_sent_beside_a_snapshot() -> None:
    progress = probing()

    progress.sent_snapshot(7, 1_000)

    assert not progress.wants(LAST, COMMIT)
    progress.beat(LAST, 2_999)
    assert not progress.wants(LAST, COMMIT)
    progress.accepted(6)
    assert progress.stage is Stage.SNAPSHOT


def test_an_installed_snapshot_opens_the_pipe_behind_it() -> None:
    progress = probing()
    progress.sent_snapshot(7, 1_000)

    progress.accepted(7)

    assert (progress.stage, progress.next) == (Stage.REPLICATE, 8)


def test_a_snapshot_without_answer_counts_as_lost() -> None:
    progress = probing()
    progress.sent_snapshot(7, 1_000)

    progress.beat(LAST, 3_000)

    assert (progress.stage, progress.next) == (Stage.PROBE, 1)
    assert progress.wants(LAST, COMMIT)


def test_a_refusal_while_a_snapshot_is_under_way_is_no_news() -> None:
    progress = probing()
    progress.sent_snapshot(7, 1_000)

    assert not progress.refused(LAST, hint=2)
