import pytest

from apps.cluster.core.ids import NodeId, node_name, parse_node


def test_a_node_is_read_as_it_was_written() -> None:
    assert parse_node(node_name(NodeId(0xAB))) == 0xAB


@pytest.mark.parametrize("text", ["", "ab", "0" * 16, "f" * 16, "x" * 16, "0" * 15 + "é", "-000000000000001", "1" * 17])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not the id|invalid literal"):
        parse_node(text)
