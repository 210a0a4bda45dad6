from apps.cluster.core.gossip.awareness import Awareness


def test_it_stays_within_its_bounds() -> None:
    awareness = Awareness(8)

    awareness.better()
    healthy = awareness.score
    awareness.worse(100)

    assert (healthy, awareness.score) == (0, 7)


def test_it_stretches_what_a_sick_node_waits() -> None:
    awareness = Awareness(8)

    waits = [awareness.stretch(500)]
    awareness.worse(3)
    waits.append(awareness.stretch(500))
    awareness.better()
    waits.append(awareness.stretch(500))

    assert waits == [500, 2_000, 1_500]
