from apps.cluster.core.gossip.effects import Effects


def test_nothing_is_wanted_at_first() -> None:
    one, other = Effects(), Effects()

    one.changes.clear()

    assert (one.datagrams, one.streams, one.changes) == ([], [], [])
    assert one.datagrams is not other.datagrams
