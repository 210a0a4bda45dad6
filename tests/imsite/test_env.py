"""The environment becomes typed settings, and every bad value becomes one clear line."""

import json
import stat
from pathlib import Path

import pytest

from imsite.env import ROOT, Environment, SettingError, parse_database_url


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
    def test_a_url_is_taken_apart(self) -> None:
        address = parse_database_url("postgresql://im%40x:p%2Fw@db.example:6543/chat?sslmode=require")

        assert (address.host, address.port, address.user, address.password, address.name) == (
            "db.example",
            6543,
            "im@x",
            "p/w",
            "chat",
        )
        assert address.options == {"sslmode": "require"}

    def test_conninfo_quotes_what_libpq_would_misread(self) -> None:
        address = parse_database_url("postgresql://u:it's%5C@h/d")

        assert address.conninfo == "host='h' port='5432' user='u' password='it\\'s\\\\' dbname='d'"

    @pytest.mark.parametrize(
        ("url", "hint"),
        [
            ("mysql://h/d", "postgresql://"),
            ("postgresql://h:port/d", "not a number"),
            ("postgresql:///d", "host"),
            ("postgresql://h/", "database name"),
        ],
    )
    def test_a_bad_url_says_what_is_wrong(self, url: str, hint: str) -> None:
        with pytest.raises(SettingError, match=hint):
            parse_database_url(url)

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
