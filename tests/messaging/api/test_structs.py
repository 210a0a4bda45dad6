"""What the REST API of conversations takes and gives."""

from typing import Any

import msgspec
import pytest

from apps.common.rest.openapi import complete_document
from apps.messaging.api.structs import EventPage, EventRange, NewDirect, NewGroup, message_schema
from apps.wire.bodies import MESSAGE_BODIES


def test_conversations_to_start_are_told_apart_by_kind() -> None:
    user = "0198e2a0-0000-7000-8000-000000000001"
    decoder = msgspec.json.Decoder(NewDirect | NewGroup)

    assert isinstance(decoder.decode(f'{{"kind":"direct","user":"{user}"}}'), NewDirect)
    assert isinstance(decoder.decode('{"kind":"group"}'), NewGroup)
    for wrong in ('{"kind":"channel"}', f'{{"user":"{user}"}}', f'{{"kind":"group","user":"{user}"}}'):
        with pytest.raises(msgspec.ValidationError):
            decoder.decode(wrong)


@pytest.mark.parametrize("limit", [0, 201])
def test_a_range_has_a_bound(limit: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"limit": limit}, EventRange)


def test_a_page_of_events_shows_every_field() -> None:
    page = EventPage(items=[], max_seq=0, more=False, gap_to=0, start_over=False)

    assert set(msgspec.json.decode(msgspec.json.encode(page))) == {"items", "max_seq", "more", "gap_to", "start_over"}


def test_the_schema_of_a_message_knows_every_kind() -> None:
    reference = message_schema()
    schemas: dict[str, Any] = complete_document({"paths": {}}, None, None, True)["components"]["schemas"]

    variants = schemas["NewMessage"]["oneOf"]

    assert reference == {"$ref": "#/components/schemas/NewMessage"}
    assert {variant["properties"]["kind"]["const"] for variant in variants} == set(MESSAGE_BODIES)
    for variant in variants:
        assert variant["properties"]["body"]["$ref"].rsplit("/", 1)[1] in schemas
