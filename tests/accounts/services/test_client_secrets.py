"""Secrets of programs: nobody's guess, and nothing to read in the database."""

from apps.accounts.services.client_secrets import PREFIX, is_ours, is_right, make_secret, stored_form


def test_each_is_another_one_and_only_its_digest_is_kept() -> None:
    one, other = make_secret(), make_secret()

    assert one.plain != other.plain
    assert len(one.plain) >= 48
    assert one.plain not in one.stored
    assert one.stored == stored_form(one.plain)


def test_it_is_right_itself_and_nothing_else_is() -> None:
    plain, stored = make_secret()

    assert is_right(plain, stored)
    assert not any(is_right(guess, stored) for guess in ("", stored, plain[:-1], plain + "x", "\ud800"))


def test_what_was_stored_otherwise_is_not_ours() -> None:
    assert is_ours(PREFIX)
    assert not is_ours("")
    assert not is_right("x", "x")
    assert not is_right("", "")
