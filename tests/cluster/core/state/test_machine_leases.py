"""Job leases and requests in the state machine: one holder, growing tokens, and nothing applied twice."""

import pytest

from apps.cluster.core.ids import NodeId
from apps.cluster.core.state import (
    AcquireLease,
    Code,
    Lease,
    ReleaseLease,
    RemoveMember,
    RenewLease,
    SetDraining,
)
from apps.cluster.core.state import leases as leases_module
from tests.cluster.core.state.conftest import Log

A, B, C = NodeId(1), NodeId(2), NodeId(3)


class TestLeases:
    def test_a_lease_carries_the_index_as_token(self, log: Log) -> None:
        log.join(A)

        outcome = log.do(AcquireLease("job", A, 1_000, nonce=7), after_ms=50)

        assert outcome.result == Lease("job", A, token=2, expires_ms=1_050, nonce=7)
        assert dict(log.state.leases) == {"job": outcome.result}

    def test_nobody_else_gets_it_until_it_ends(self, log: Log) -> None:
        log.join(A, B)
        first = log.do(AcquireLease("job", A, 1_000, 7)).result

        held = log.do(AcquireLease("job", B, 1_000, 7), after_ms=999)
        later = log.do(AcquireLease("job", B, 1_000, 7), after_ms=1)

        assert held.code == Code.LEASE_HELD
        assert first is not None
        assert later.result is not None
        assert later.result.token > first.token

    def test_asking_again_with_the_same_nonce_gets_the_same_lease(self, log: Log) -> None:
        log.join(A)
        first = log.do(AcquireLease("job", A, 1_000, 7))

        again = log.do(AcquireLease("job", A, 1_000, 7), after_ms=10)
        other = log.do(AcquireLease("job", A, 1_000, 8))

        assert again.result == first.result
        assert other.code == Code.LEASE_HELD

    def test_renewing_makes_it_longer_never_shorter(self, log: Log) -> None:
        log.join(A)
        log.do(AcquireLease("job", A, 1_000, 7))

        shorter = log.do(RenewLease("job", 2, 10)).result
        longer = log.do(RenewLease("job", 2, 1_000), after_ms=500).result

        assert shorter is not None
        assert longer is not None
        assert (shorter.expires_ms, longer.expires_ms) == (1_000, 1_500)
        assert log.state.leases["job"] == longer

    def test_a_lease_that_ended_is_not_renewed_and_a_wrong_token_opens_nothing(self, log: Log) -> None:
        log.join(A)
        log.do(AcquireLease("job", A, 1_000, 7))

        wrong = [log.do(RenewLease("job", 1, 5_000)), log.do(ReleaseLease("job", 3))]
        late = log.do(RenewLease("job", 2, 1_000), after_ms=1_000)

        assert [outcome.code for outcome in (*wrong, late)] == [Code.LEASE_LOST] * 3

    def test_what_is_given_back_is_free(self, log: Log) -> None:
        log.join(A, B)
        log.do(AcquireLease("job", A, 1_000, 7))

        log.do(ReleaseLease("job", 3))

        assert log.do(AcquireLease("job", B, 1_000, 1)).code == Code.DONE

    def test_only_members_hold_leases_and_only_so_many(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(leases_module, "LEASES_MAX", 1)
        log.join(A)

        outcomes = [
            log.do(AcquireLease("job", B, 1_000, 1)),
            log.do(AcquireLease("job", A, 1_000, 1)),
            log.do(AcquireLease("other", A, 1_000, 1)),
            log.do(AcquireLease("other", A, 1_000, 1), after_ms=1_000),
        ]

        assert [o.code for o in outcomes] == [Code.UNKNOWN_MEMBER, Code.DONE, Code.LEASES_FULL, Code.DONE]

    def test_leases_end_while_nothing_else_happens(self, log: Log) -> None:
        log.join(A)
        log.do(AcquireLease("job", A, 1_000, 7))

        log.state.pass_by(9, 1_000)

        assert len(log.state.leases) == 0


class TestRequests:
    def test_a_request_is_applied_once(self, log: Log) -> None:
        log.join(A)
        log.do(AcquireLease("job", A, 1_000, 7), request=50)
        log.do(ReleaseLease("job", 2), request=51)

        again = [log.do(AcquireLease("job", A, 1_000, 7), request=number).code for number in (50, 51, 3)]

        assert again == [Code.DUPLICATE] * 3
        assert len(log.state.leases) == 0

    def test_refused_requests_count_too(self, log: Log) -> None:
        log.join(A)
        log.do(RenewLease("job", 2, 10), request=50)

        assert log.do(SetDraining(A, True), request=50).code == Code.DUPLICATE

    def test_every_origin_counts_for_itself(self, log: Log) -> None:
        log.join(A, B)
        log.do(SetDraining(A, True), origin=A, request=50)

        assert log.do(SetDraining(A, False), origin=B, request=10).code == Code.DONE

    def test_nothing_is_kept_of_strangers_nor_of_those_who_went(self, log: Log) -> None:
        log.join(A, B)
        log.do(SetDraining(A, True), origin=C, request=50)
        log.do(SetDraining(A, False), origin=B, request=50)

        log.do(RemoveMember(B, False), origin=B, request=51)
        log.join(B)

        assert log.do(SetDraining(A, True), origin=C, request=50).code == Code.DONE
        assert log.do(SetDraining(A, True), origin=B, request=1).code == Code.DONE
