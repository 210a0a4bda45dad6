"""What the operator says of the edge server, and what is said back."""

import pytest

from apps.wire.frames import MAX_FRAME_BYTES
from imsite.env import Environment
from imsite.errors import OperatorError
from imsite.serving.edge_settings import KNOBS, RESERVED_FILES, edge_config


def test_the_defaults_fit_the_protocol_and_the_machine() -> None:
    config = edge_config(Environment({}), open_files=20_000)

    assert config.frames.max_message_bytes == 2 * MAX_FRAME_BYTES
    assert config.ping_interval_s == 0
    assert config.max_connections == 20_000 - RESERVED_FILES
    assert config.trusted_proxies == ("127.0.0.0/8", "::1")


def test_without_a_limit_of_open_files_there_is_none_on_connections() -> None:
    assert edge_config(Environment({}), open_files=0).max_connections == 0


def test_numbers_may_be_changed() -> None:
    values = {"IM_EDGE": "max_connections_per_address=500, handshake_timeout_s=2.5,max_connections=7"}

    config = edge_config(Environment(values), open_files=20_000)

    assert (config.max_connections_per_address, config.handshake_timeout_s, config.max_connections) == (500, 2.5, 7)


def test_every_number_of_the_server_is_a_knob() -> None:
    assert {"max_handshakes", "close_timeout_s"} <= set(KNOBS)
    assert not {"tls", "serve_http", "frames"} & set(KNOBS)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"IM_EDGE": "max_conections=5"}, "max_conections"),
        ({"IM_EDGE": "max_connections=many"}, "max_connections"),
        ({"IM_EDGE": "max_connections=-1"}, "max_connections"),
        ({"IM_EDGE": "max_connections=1.5"}, "max_connections"),
        ({"IM_EDGE": "handshake_timeout_s=nan"}, "handshake_timeout_s"),
        ({"IM_EDGE": "close_timeout_s=0"}, "close_timeout_s"),
        ({"IM_TRUSTED_PROXIES": "everyone"}, "everyone"),
    ],
)
def test_what_cannot_be_is_one_line(values: dict[str, str], named: str) -> None:
    with pytest.raises(OperatorError, match=named):
        edge_config(Environment(values), open_files=0)


def test_nobody_needs_to_be_trusted() -> None:
    assert edge_config(Environment({"IM_TRUSTED_PROXIES": "none"}), open_files=0).trusted_proxies == ()
