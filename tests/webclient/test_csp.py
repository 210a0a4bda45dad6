import pytest

from apps.webclient.csp import origin_of, relaxed_policy, strict_policy


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split("; "))}


def test_the_strict_policy_admits_no_inline_code_and_nothing_from_elsewhere() -> None:
    policy = directives(strict_policy())

    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == ["'self'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == ["'none'"]
    assert "unsafe" not in strict_policy()


def test_a_nonce_and_further_origins_are_admitted_where_they_belong() -> None:
    policy = directives(strict_policy(nonce="abc", connect=["ws://chat.test:8001"]))

    assert policy["script-src"] == ["'self'", "'nonce-abc'"]
    assert policy["connect-src"] == ["'self'", "ws://chat.test:8001"]
    assert policy["style-src"] == ["'self'"]


def test_the_relaxed_policy_still_keeps_foreign_origins_out() -> None:
    policy = directives(relaxed_policy())

    assert "'unsafe-inline'" in policy["script-src"]
    assert not any("://" in source or source == "*" for sources in policy.values() for source in sources)


def test_the_origin_of_an_address_has_no_path() -> None:
    assert origin_of("wss://chat.test:8443/ws/v1?x=1") == "wss://chat.test:8443"


def test_forms_may_lead_to_the_origins_named_and_to_no_others() -> None:
    policy = directives(strict_policy(forms=["https://app.test/back?x=1", "http://[::1]:8080/callback"]))

    assert policy["form-action"] == ["'self'", "https://app.test", "http://[::1]:8080"]
    assert directives(strict_policy())["form-action"] == ["'self'"]


@pytest.mark.parametrize(
    "url", ["https://app.test;script-src *", "https://a.test b", "javascript:alert(1)", "https://*", "data:text/html,x"]
)
def test_an_address_with_more_in_it_is_no_target_of_a_form(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        strict_policy(forms=[url])
