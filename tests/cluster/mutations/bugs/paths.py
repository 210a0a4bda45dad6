"""Bugs about the way of a message, and the log on the disk."""

from tests.cluster.mutations.planting import Bug

ROUTING = "apps.cluster.core.routing"
SWITCH = "tests core/routing/test_switch.py::TestGroups::"
GAPS = "tests core/routing/test_gaps.py::"
ANNOUNCING = "tests core/routing/test_announcing.py::TestAnnouncements::"
INTEREST = "tests core/routing/test_interest.py::"
ROUTER = "tests core/routing/test_router.py::TestLinks::"

PATHS = (
    Bug(
        "served-without-lease",
        f"{ROUTING}.switch",
        "if now_ms < self.serving_until_ms:\n                if len(frame.groups) == 1:",
        "if True:\n                if len(frame.groups) == 1:",
        f"{SWITCH}test_an_owner_whose_lease_has_run_out_holds_messages_until_it_serves_again",
        "A node whose lease has run out tells only those it knows of; the new owner's members miss it.",
    ),
    Bug(
        "young-owner-trusts-its-list",
        f"{ROUTING}.interest",
        "return self._complete < slot_epoch or group in",
        "return group in",
        "tests core/routing/test_interest.py::test_a_slot_that_moved_since_makes_a_peer_get_everything_again",
        "A new owner that has not heard from everybody tells too few.",
    ),
    Bug(
        "stale-owner-believed",
        f"{ROUTING}.switch",
        "if frame.epoch < self.epoch:",
        "if False:",
        f"{SWITCH}test_an_owner_that_does_not_know_its_slot_was_taken_is_not_believed",
        "An owner that does not know yet that it lost the slot delivers beside the new one.",
    ),
    Bug(
        "older-table-routes-on",
        f"{ROUTING}.switch",
        "return peer if peer is not None and peer.up and frame.epoch <= self.epoch else None",
        "return peer if peer is not None and peer.up else None",
        f"{SWITCH}test_a_receiver_with_an_older_table_waits_for_the_newer_one",
        "A message goes back by an older table until its hops run out.",
    ),
    Bug(
        "lost-link-unnoticed",
        f"{ROUTING}.router",
        "        self._miss_all_from(peer, now_ms)\n        if not peer.member:\n            del",
        "        if not peer.member:\n            del",
        f"{ROUTER}test_a_link_is_missed_from_its_first_batch_back_to_when_all_was_safe",
        "What a broken link swallowed is missed by nobody.",
    ),
    Bug(
        "old-gap-told-again",
        f"{ROUTING}.gaps",
        "        self._groups = {}\n        self._since_ms = None",
        "        self._since_ms = None",
        f"{GAPS}test_groups_of_an_earlier_notice_are_not_told_again",
        "Every notice repeats the groups of all before it, until they are so many that everybody is told.",
    ),
    Bug(
        "all-said-for-ever",
        f"{ROUTING}.announcing",
        "        self._completes = False\n        return frames",
        "        return frames",
        f"{ANNOUNCING}test_that_it_was_all_is_said_once",
        "A peer that goes on announcing says each time that this is all, so its owner stops telling it too early.",
    ),
    Bug(
        "joins-said-for-ever",
        f"{ROUTING}.announcing",
        "        self._changes.clear()\n",
        "",
        f"{ANNOUNCING}test_what_was_said_is_not_said_again",
        "What was announced once is announced with every batch.",
    ),
    Bug(
        "epoch-of-a-peer-goes-back",
        f"{ROUTING}.interest",
        "self._epoch = max(self._epoch, epoch)",
        "self._epoch = epoch",
        f"{INTEREST}test_a_peer_stays_ahead_whatever_it_says_by_an_older_table",
        "An older announcement makes a new owner forget the members a peer ahead of it has announced.",
    ),
    Bug(
        "only-complete-peers-are-ahead",
        f"{ROUTING}.interest",
        "        self._epoch = max(self._epoch, epoch)\n        if complete:\n",
        "        if complete:\n            self._epoch = max(self._epoch, epoch)\n",
        f"{INTEREST}test_a_peer_that_is_ahead_need_not_have_said_all",
        "What a peer announces of slots on their way is forgotten before they arrive.",
    ),
    Bug(
        "prune-spares-everything",
        f"{ROUTING}.interest",
        "if self._epoch <= epoch:",
        "if self._epoch < epoch:",
        f"{INTEREST}test_slots_that_are_not_owned_are_forgotten",
        "Groups of slots that moved away are kept for as long as the tables agree, which is always.",
    ),
    Bug(
        "empty-slots-kept",
        f"{ROUTING}.interest",
        "owners[slot] == node and groups}",
        "owners[slot] == node}",
        f"{INTEREST}test_slots_without_groups_are_not_kept_for_ever",
        "Every slot that ever had a group costs memory for as long as the link lasts.",
    ),
    Bug(
        "torn-record-accepted",
        "apps.cluster.runtime.wal",
        "return end if checksum == _checksum(size, sequence, body) else None",
        "return end",
        "tests runtime/test_wal.py::test_a_changed_byte_in_the_last_save_costs_only_that",
        "A record whose end was never written is taken for whole.",
        "StorageFailed",
    ),
    Bug(
        "write-not-forced",
        "apps.cluster.runtime.disk",
        "                left = left[os.write(descriptor, left) :]\n            force(descriptor)",
        "                left = left[os.write(descriptor, left) :]",
        "tests runtime/test_wal.py::test_many_saves_are_forced_down_once",
        "What was acknowledged is lost when the power fails.",
    ),
)
