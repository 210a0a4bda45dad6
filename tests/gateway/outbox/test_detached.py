"""The outbox over a detached socket; what any outbox does is in `test_queue`."""

from apps.gateway.outbox import Bounds, SocketOutbox
from apps.gateway.texts import SharedText
from tests.gateway.outbox.peers import SocketPeer


async def test_nothing_is_sent_before_there_is_a_socket() -> None:
    outbox = SocketOutbox(Bounds())

    outbox.put_text("one")
    outbox.put_close(1012, "restart")
    outbox.cut()

    assert not outbox.is_waiting


async def test_an_idle_outbox_holds_no_queue() -> None:
    peer = SocketPeer()
    outbox = peer.outbox()

    outbox.put_text("one")
    peer.stop_reading()
    outbox.put_text("two")
    outbox.put_text("three")
    await peer.read_on()

    assert outbox._queue is None


async def test_what_the_server_took_does_not_count_here() -> None:
    peer = SocketPeer()
    outbox = peer.outbox()
    peer.stop_reading()

    outbox.put_text("x" * 5_000)

    assert (outbox.is_waiting, outbox.has_room, outbox.congested) == (False, True, False)


async def test_a_peer_that_takes_only_some_is_written_to_as_it_takes_it() -> None:
    peer = SocketPeer()
    outbox = peer.outbox()
    peer.stop_reading()
    for text in ("one", "two", "three"):
        outbox.put_text(text)

    peer.socket.waiting.clear()
    poured = outbox.pour()

    assert [event["text"] for event in peer.socket.waiting] == ["two"]
    assert (poured, outbox.is_waiting, outbox.waiting_bytes) == (False, True, 5)


async def test_cutting_off_aborts_the_socket() -> None:
    peer = SocketPeer()
    outbox = peer.outbox()

    outbox.cut()

    assert peer.socket.aborted


async def test_pouring_after_the_end_is_nothing() -> None:
    peer = SocketPeer()
    outbox = peer.outbox()
    await outbox.abandon()

    assert not outbox.pour()


async def test_a_text_for_many_goes_out_as_the_frame_it_keeps() -> None:
    peer = SocketPeer()
    outbox = peer.outbox()
    text = SharedText("häppy")
    frames: list[bytes] = []
    send_frame = peer.socket.send_frame

    def note(frame: bytes) -> None:
        frames.append(frame)
        send_frame(frame)

    peer.socket.send_frame = note  # type: ignore[method-assign]
    outbox.put_text(text)
    peer.stop_reading()
    outbox.put_text("plain")
    outbox.put_text(text)
    await peer.read_on()

    assert peer.sent == ["häppy", "plain", "häppy"]
    assert frames == [text.frame()] * 2
    assert frames[0] is frames[1]
