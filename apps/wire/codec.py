"""Text frames to structs and back. Whatever a peer sends, decoding ends in a struct or a FrameRefused, nothing else."""

from typing import Final

import msgspec

from apps.wire.errors import ErrorCode
from apps.wire.frames import MAX_FRAME_BYTES, ClientFrames, ServerFrames

_CLIENT: Final[msgspec.json.Decoder[ClientFrames]] = msgspec.json.Decoder(ClientFrames)
_SERVER: Final[msgspec.json.Decoder[ServerFrames]] = msgspec.json.Decoder(ServerFrames)
_ENCODER: Final = msgspec.json.Encoder()
_ENVELOPE: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OPS: Final = frozenset(str(frame.__struct_config__.tag) for frame in ClientFrames.__args__)


class FrameRefused(ValueError):
    """A frame that is not one of the protocol. `ref` and `id` are what could be read of the sender's marks."""

    def __init__(self, code: ErrorCode, message: str, *, ref: str = "", message_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.ref = ref
        self.message_id = message_id


def encode(frame: ServerFrames | ClientFrames) -> str:
    """Return the text of one frame."""
    return _ENCODER.encode(frame).decode("utf-8")


def decode_client_frame(data: str | bytes) -> ClientFrames:
    """Decode what a client sent. Raises FrameRefused with a code for the `error` frame."""
    if len(data) > MAX_FRAME_BYTES or (
        isinstance(data, str) and len(data.encode("utf-8", "replace")) > MAX_FRAME_BYTES
    ):
        raise FrameRefused(ErrorCode.FRAME_TOO_LARGE, f"a frame has at most {MAX_FRAME_BYTES} bytes")
    try:
        return _CLIENT.decode(_as_text(data))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise _refusal(data, str(error)) from error


def decode_server_frame(data: str | bytes) -> ServerFrames:
    """Decode what a server sent. Raises FrameRefused; a client may skip such a frame, it is from a later version."""
    try:
        return _SERVER.decode(_as_text(data))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise FrameRefused(ErrorCode.BAD_FRAME, str(error)) from error


def _as_text(data: str | bytes) -> str:
    """The decoder does not look into bodies, which stay raw: broken UTF-8 there must not get through either."""
    return data if isinstance(data, str) else data.decode("utf-8")


def _refusal(data: str | bytes, reason: str) -> FrameRefused:
    try:
        envelope = _ENVELOPE.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return FrameRefused(ErrorCode.BAD_FRAME, reason)
    op, ref, message_id = (_text(envelope.get(key)) for key in ("op", "ref", "id"))
    code = ErrorCode.BAD_FRAME if op in _OPS else ErrorCode.UNKNOWN_OP
    return FrameRefused(code, reason, ref=ref[:64], message_id=message_id[:64])


def _text(raw: msgspec.Raw | None) -> str:
    if raw is None:
        return ""
    try:
        return msgspec.json.decode(raw, type=str)
    except (msgspec.DecodeError, UnicodeError):
        return ""
