"""The environment becomes typed settings, and every bad value becomes one clear line."""

import json
import socket
import stat
from pathlib import Path

import pytest

from imsite.addresses import outward_address
from imsite.env import PROCESSES_MAX, ROOT, Environment, SettingError
from imsite.processors import processes_here


class TestPorts:
    def test_defaults_are_8000_and_8001(self) -> None:
        environment = Environment({})

        assert (environment.http_port, environment.ws_port) == (8000, 8001)

    def test_variables_override_the_defaults(self) -> None:
        environment = Environment({"IM_HTTP_PORT": "9000", "IM_WS_PORT": "9001"})

        assert (environment.http_port, environment.ws_port) == (9000, 9001)

    @pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "80 80"])
    def test_a_bad_port_names_variable_and_value(self, text: str) -> None:
        with pytest.raises(SettingError, match=f"IM_HTTP_PORT .*{text}"):
            _ = Environment({"IM_HTTP_PORT": text}).http_port


class TestDatabase:
    def test_without_a_url_the_embedded_server_is_used(self, tmp_path: Path) -> None:
        kept = {"port": 5555, "user": "im", "password": "secret", "database": "imsite"}
        (tmp_path / "postgres.json").write_text(json.dumps(kept), encoding="utf-8")

        address = Environment({"IM_DATA_DIR": str(tmp_path)}).database

        assert (address.host, address.port, address.password) == ("127.0.0.1", 5555, "secret")

    def test_before_the_first_start_there_is_still_an_address(self, tmp_path: Path) -> None:
        assert Environment({"IM_DATA_DIR": str(tmp_path)}).database.name == "imsite"

    def test_a_broken_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "postgres.json").write_text("{", encoding="utf-8")

        with pytest.raises(SettingError, match=r"postgres\.json"):
            _ = Environment({"IM_DATA_DIR": str(tmp_path)}).database

    def test_tests_use_a_database_of_their_own(self) -> None:
        url = "postgresql://h/imsite"

        assert Environment({"DATABASE_URL": url}).test_database == "test_imsite"
        assert Environment({"DATABASE_URL": url, "IM_TEST_DB": "mine"}).test_database == "mine"


class TestSecretKey:
    def test_it_is_made_once_and_only_the_owner_may_read_it(self, tmp_path: Path) -> None:
        environment = Environment({"IM_DATA_DIR": str(tmp_path / "data")})

        first, second = environment.secret_key, environment.secret_key

        assert first == second
        assert len(first) >= 50
        assert stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode) == 0o600

    def test_the_variable_wins(self, tmp_path: Path) -> None:
        environment = Environment({"IM_DATA_DIR": str(tmp_path), "IM_SECRET_KEY": "mine"})

        assert environment.secret_key == "mine"
        assert not (tmp_path / "secret-key").exists()


class TestOperatorLanguage:
    @pytest.mark.parametrize(
        ("values", "language"),
        [
            ({}, "en"),
            ({"LANG": "C.UTF-8"}, "en"),
            ({"LANG": "en_US.UTF-8"}, "en"),
            ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
            ({"LANG": "zh_TW.Big5"}, "zh-hans"),
            ({"LANG": "ZH"}, "zh-hans"),
            ({"LANG": "zha_CN"}, "en"),
            ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh-hans"),
            ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, "en"),
            ({"LANGUAGE": "en", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh-hans"),
            ({"LC_MESSAGES": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
            ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh-hans"),
            ({"LANG": "zh_CN.UTF-8", "LC_ALL": "", "LANGUAGE": ""}, "zh-hans"),
        ],
    )
    def test_the_first_variable_that_is_set_decides(self, values: dict[str, str], language: str) -> None:
        assert Environment(values).operator_language == language


class TestLists:
    def test_hosts_and_origins_are_comma_separated(self) -> None:
        environment = Environment({"IM_ALLOWED_HOSTS": "a.example, b.example,", "IM_ALLOWED_ORIGINS": "https://a"})

        assert environment.allowed_hosts == ["a.example", "b.example"]
        assert environment.allowed_origins == ["https://a"]

    @pytest.mark.parametrize(
        ("origins", "tls_only"),
        [("", False), ("https://a", True), ("https://a,https://b", True), ("https://a,http://b", False), ("*", False)],
    )
    def test_origins_tell_whether_all_is_under_tls(self, origins: str, tls_only: bool) -> None:
        assert Environment({"IM_ALLOWED_ORIGINS": origins}).tls_only is tls_only

    def test_defaults_suit_a_first_start(self) -> None:
        environment = Environment({})

        assert environment.allowed_hosts == ["*"]
        assert environment.allowed_origins == []
        assert environment.bind_host == "127.0.0.1"
        assert environment.public_ws_url == ""
        assert environment.log_level == "INFO"
        assert environment.data_dir == ROOT / "data"


class TestCluster:
    def test_a_node_alone_forms_a_cluster_of_its_own_on_the_loopback(self, tmp_path: Path) -> None:
        environment = Environment({"IM_DATA_DIR": str(tmp_path)})

        assert (environment.cluster_expect, environment.cluster_join, environment.cluster_id) == (1, (), "")
        assert (environment.cluster_host, environment.cluster_advertise) == ("127.0.0.1", "127.0.0.1")
        assert (environment.cluster_port, environment.cluster_data_port) == (8002, 8003)
        assert environment.cluster_dir == tmp_path / "cluster"
        assert environment.layer == "slots"

    def test_a_node_that_is_told_whom_to_join_founds_nothing(self) -> None:
        environment = Environment({"IM_CLUSTER_JOIN": "a.example:8002, [::1]:9002"})

        assert environment.cluster_join == (("a.example", 8002), ("::1", 9002))
        assert environment.cluster_expect == 0

    def test_founders_say_how_many_they_are(self) -> None:
        environment = Environment({"IM_CLUSTER_JOIN": "a:1", "IM_CLUSTER_EXPECT": "3"})

        assert environment.cluster_expect == 3

    @pytest.mark.parametrize(
        ("name", "text", "attribute"),
        [
            ("IM_CLUSTER_EXPECT", "6", "cluster_expect"),
            ("IM_CLUSTER_EXPECT", "-1", "cluster_expect"),
            ("IM_NODE_WEIGHT", "much", "node_weight"),
            ("IM_CLUSTER_PORT", "0", "cluster_port"),
            ("IM_CLUSTER_DATA_PORT", "x", "cluster_data_port"),
            ("IM_CLUSTER_ID", "a b", "cluster_id"),
            ("IM_CLUSTER_ID", "x" * 65, "cluster_id"),
            ("IM_LAYER", "kafka", "layer"),
            ("IM_NODE_PROCESSES", "0", "node_processes"),
            ("IM_NODE_PROCESSES", str(PROCESSES_MAX + 1), "node_processes"),
            ("IM_NODE_PROCESSES", "many", "node_processes"),
            ("IM_NODE_ROLES", "ws,sockets", "node_roles"),
            ("IM_PROBE_PORT", "0", "probe_port"),
        ],
    )
    def test_a_bad_value_names_variable_and_value(self, name: str, text: str, attribute: str) -> None:
        with pytest.raises(SettingError, match=f"{name} .*{text}"):
            getattr(Environment({name: text}), attribute)

    def test_the_key_follows_from_the_secret_key_but_is_not_it(self) -> None:
        one, same, other = (Environment({"IM_SECRET_KEY": key}).cluster_keys for key in ("a", "a", "b"))

        assert one == same != other
        assert len(one[0]) == 64

    def test_keys_of_ones_own_keep_their_order(self) -> None:
        assert Environment({"IM_CLUSTER_KEYS": "fresh, former"}).cluster_keys == ("fresh", "former")

    def test_who_listens_on_any_address_advertises_one_that_others_can_use(self) -> None:
        environment = Environment({"IM_HOST": "0.0.0.0"})

        assert environment.cluster_host == "0.0.0.0"
        assert environment.cluster_advertise == outward_address() != "0.0.0.0"
        assert Environment({"IM_HOST": "::"}).cluster_advertise == outward_address(socket.AF_INET6) != "::"
        assert Environment({"IM_HOST": "::", "IM_CLUSTER_ADVERTISE": "im.example"}).cluster_advertise == "im.example"

    def test_a_node_has_the_machines_name_unless_it_is_given_one(self) -> None:
        assert Environment({}).node_name
        assert Environment({"IM_NODE_NAME": "beijing-1"}).node_name == "beijing-1"

    def test_a_node_has_a_process_for_each_processor_and_divides_the_work_unless_told(self) -> None:
        environment = Environment({})

        assert environment.node_processes == Environment({"IM_NODE_PROCESSES": "auto"}).node_processes
        assert environment.node_processes == processes_here()
        assert (environment.node_roles, environment.probe_port) == ((), 8004)
        assert Environment({"IM_NODE_PROCESSES": "6"}).node_processes == 6

    def test_roles_are_told_in_one_order_once(self) -> None:
        assert Environment({"IM_NODE_ROLES": "jobs, ws,jobs"}).node_roles == ("ws", "jobs")

    def test_redis_and_weights_have_defaults(self) -> None:
        environment = Environment({})

        assert environment.redis_url == "redis://127.0.0.1:6379/0"
        assert environment.node_weight == 100


def test_jobs_are_done_unless_told() -> None:
    assert Environment({}).jobs
    assert not Environment({"IM_JOBS": "off"}).jobs
    with pytest.raises(SettingError):
        _ = Environment({"IM_JOBS": "no"}).jobs


def test_metrics_are_measured_and_pushed_nowhere_unless_told() -> None:
    environment = Environment({})

    assert environment.metrics
    assert (environment.metrics_otlp, environment.metrics_statsd, environment.metrics_push_s) == ("", None, 15)


def test_metrics_go_where_they_are_told_to() -> None:
    environment = Environment(
        {
            "IM_METRICS": "off",
            "IM_METRICS_OTLP": "https://collector:4318/v1/metrics",
            "IM_METRICS_STATSD": "[::1]:8125",
            "IM_METRICS_PUSH_S": "0",
        }
    )

    assert not environment.metrics
    assert environment.metrics_otlp == "https://collector:4318/v1/metrics"
    assert environment.metrics_statsd == ("::1", 8125)
    assert environment.metrics_push_s == 1


@pytest.mark.parametrize(
    ("name", "text", "attribute"),
    [
        ("IM_METRICS", "yes", "metrics"),
        ("IM_METRICS_OTLP", "collector:4318", "metrics_otlp"),
        ("IM_METRICS_OTLP", "http://", "metrics_otlp"),
        ("IM_METRICS_STATSD", "localhost", "metrics_statsd"),
        ("IM_METRICS_PUSH_S", "3601", "metrics_push_s"),
    ],
)
def test_metrics_settings_that_mean_nothing_are_refused(name: str, text: str, attribute: str) -> None:
    with pytest.raises(SettingError):
        getattr(Environment({name: text}), attribute)


def test_metrics_have_no_token_unless_one_is_given() -> None:
    assert Environment({}).metrics_token == ""
    assert Environment({"IM_METRICS_TOKEN": "secret"}).metrics_token == "secret"


@pytest.mark.parametrize(
    ("values", "networks"),
    [
        ({}, ("127.0.0.0/8", "::1")),
        ({"IM_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.1"}, ("10.0.0.0/8", "192.0.2.1")),
        ({"IM_TRUSTED_PROXIES": "none", "FORWARDED_ALLOW_IPS": "*"}, ()),
        ({"FORWARDED_ALLOW_IPS": "*"}, ("0.0.0.0/0", "::/0")),
    ],
)
def test_proxies_are_trusted_by_network(values: dict[str, str], networks: tuple[str, ...]) -> None:
    assert Environment(values).trusted_proxies == networks


def test_knobs_of_the_edge_server_are_pairs() -> None:
    assert Environment({}).edge_knobs == {}
    assert Environment({"IM_EDGE": " max_connections = 5, idle_timeout_s=60,oops"}).edge_knobs == {
        "max_connections": "5",
        "idle_timeout_s": "60",
        "oops": "",
    }
