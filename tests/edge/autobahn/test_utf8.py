"""Cases 6.*: what is UTF-8 comes back, what is not ends the connection, and at once."""

import pytest

from apps.edge.protocol.frames import Opcode
from tests.edge.autobahn.conversation import Chop, Conversation, by_byte, together
from tests.edge.clientframes import client_frame, close

KOSME = bytes.fromhex("cebae1bdb9cf83cebcceb5")
HELLO = "Hello-µ@ßöäüàá-UTF-8!!".encode()
NONCHARACTERS = [
    *(chr(plane << 16 | low).encode() for plane in range(17) for low in (0xFFFE, 0xFFFF)),
]
VALID = [
    b"",
    HELLO,
    KOSME,
    *(KOSME[:size] for size in (2, 5, 7, 9)),
    *(bytes.fromhex(text) for text in ("00", "c280", "e0a080", "f0908080")),
    *(bytes.fromhex(text) for text in ("7f", "dfbf", "efbfbf", "f48fbfbf")),
    *(bytes.fromhex(text) for text in ("ed9fbf", "ee8080", "efbfbd")),
    *(bytes.fromhex(f"efbf{last:02x}") for last in range(0xB9, 0xC0)),
    *NONCHARACTERS,
]
INVALID = {
    "cut within a character": [KOSME[:size] for size in (1, 3, 4, 6, 8, 10)],
    "a surrogate within text": [HELLO[:12] + KOSME + b"\xed\xa0\x80edited"],
    "five bytes, six bytes, beyond the last code point": [
        bytes.fromhex(text)
        for text in ("f888808080", "fc8480808080", "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf", "f4908080")
    ],
    "continuation bytes without a beginning": [
        *((b"\x80\xbf" * 4)[:size] for size in range(1, 8)),
        bytes(range(0x80, 0xC0)),
    ],
    "beginnings without continuation": [
        b" ".join(bytes([first]) for first in range(*span)) + b" "
        for span in ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 0xF8), (0xF8, 0xFC), (0xFC, 0xFE))
    ],
    "the last continuation byte is missing": [
        bytes.fromhex(text)
        for text in (
            *("c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"),
            "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",
        )
    ],
    "bytes that never occur": [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"],
    "written longer than needed": [
        bytes.fromhex(text)
        for text in (
            *("c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"),
            *("c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"),
            *("c080", "e08080", "f0808080", "f880808080", "fc8080808080"),
        )
    ],
    "surrogates alone": [
        bytes.fromhex(text) for text in ("eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf")
    ],
    "surrogates in pairs": [
        bytes.fromhex(high + low) for high in ("eda080", "edadbf", "edae80", "edafbf") for low in ("edb080", "edbfbf")
    ],
}


def in_fragments(payload: bytes, size: int = 1) -> list[bytes]:
    pieces = [payload[start : start + size] for start in range(0, len(payload), size)] or [b""]
    return [
        client_frame(Opcode.CONTINUATION if index else Opcode.TEXT, piece, final=index == len(pieces) - 1)
        for index, piece in enumerate(pieces)
    ]


@pytest.mark.parametrize("size", [0, 1, 3])
async def test_valid_text_comes_back_however_it_is_cut(talk: Conversation, size: int) -> None:
    frames = [frame for payload in VALID for frame in in_fragments(payload, size or len(payload) or 1)]

    await talk.say(*frames, close(1000))

    assert await talk.outcome() == [*(payload.decode() for payload in VALID), 1000]


@pytest.mark.parametrize("payloads", INVALID.values(), ids=INVALID)
@pytest.mark.parametrize("fragmented", [False, True])
async def test_invalid_text_ends_the_connection(talk: Conversation, payloads: list[bytes], fragmented: bool) -> None:
    outcomes = []
    for payload in payloads:
        other = await talk.another()
        await other.say(*(in_fragments(payload) if fragmented else [client_frame(payload=payload)]), close(1000))
        outcomes.append(await other.outcome())

    assert outcomes == [[1007]] * len(payloads)


@pytest.mark.parametrize(
    "pieces", [[b"", b"", b""], [b"", b"middle", b""], [HELLO[:13], HELLO[13:]]], ids=["empty", "middle", "cut"]
)
async def test_fragments_may_be_empty_or_end_within_a_character(talk: Conversation, pieces: list[bytes]) -> None:
    first, middle = client_frame(payload=pieces[0], final=False), pieces[1:-1]
    last = client_frame(Opcode.CONTINUATION, pieces[-1])

    await talk.say(first, *(client_frame(Opcode.CONTINUATION, piece, final=False) for piece in middle), last)

    assert await talk.hear(1) == [b"".join(pieces).decode()]


@pytest.mark.parametrize("chop", [together, by_byte])
@pytest.mark.parametrize(
    ("good", "bad"), [(KOSME + b"\xf4", b"\x90"), (KOSME, b"\xed\xa0"), (KOSME, b"\xff")], ids=["range", "half", "byte"]
)
async def test_invalid_text_ends_the_connection_before_the_message_is_whole(
    talk: Conversation, good: bytes, bad: bytes, chop: Chop
) -> None:
    await talk.say(client_frame(payload=good, final=False), client_frame(Opcode.PING, b"still there"), chop=chop)
    before = await talk.hear(1)
    await talk.say(client_frame(Opcode.CONTINUATION, bad, final=False), chop=chop)

    assert before == [("pong", b"still there")]
    assert await talk.outcome() == [1007]


async def test_invalid_text_ends_the_connection_before_the_frame_is_whole(talk: Conversation) -> None:
    payload = KOSME + b"\xf4\x90\x80\x80" + b"edited" * 1000
    frame = client_frame(payload=payload)

    await talk.say(frame[: 8 + len(KOSME) + 2])

    assert await talk.outcome() == [1007]


async def test_binary_messages_need_not_be_text(talk: Conversation) -> None:
    payloads = [payload for group in INVALID.values() for payload in group]

    await talk.say(*(client_frame(Opcode.BINARY, payload) for payload in payloads), close(1000))

    assert await talk.outcome() == [*payloads, 1000]
