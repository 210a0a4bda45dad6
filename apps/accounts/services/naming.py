"""Making people findable by their names: the columns that a search reads, written whenever a name is."""

from typing import Final

from apps.accounts.models import User
from apps.common.pinyin import readings
from apps.common.search import searchable

BATCH: Final = 1_000
"""Users per statement while those are made findable whom an older release left without."""


def make_findable(user: User) -> None:
    """Fill in how a user is found; storing her is the caller's business."""
    found = searchable(user.display_name, user.username, readings=readings)
    user.search_text, user.search_grams = found.text, list(found.grams)


def make_all_findable() -> int:
    """Make everyone findable who is not yet, in batches, and return how many that were. Cheap where there is nobody."""
    count = 0
    while batch := list(User.unscoped.filter(search_text="").order_by("id")[:BATCH]):
        for user in batch:
            make_findable(user)
            user.search_text = user.search_text or "\n"  # a name of signs alone is found by nothing, but done with
        User.unscoped.bulk_update(batch, ["search_text", "search_grams"])
        count += len(batch)
    return count
