"""What keeps a directory from answering."""

from apps.identity.ldap.failures import PASSING, DirectoryFailed, Trouble


def test_a_failure_says_what_where_and_why() -> None:
    error = DirectoryFailed(Trouble.TIMEOUT, server="ldap1", detail="timed out")

    assert str(error) == "timeout ldap1 timed out"


def test_a_refused_password_is_refused_by_every_server() -> None:
    assert Trouble.BIND_REFUSED not in PASSING
    assert Trouble.UNREACHABLE in PASSING
