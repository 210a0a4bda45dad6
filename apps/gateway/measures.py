"""What the gateway measures, declared in one place. As pure as the session machine, which counts by it, too."""

from typing import Final, get_args

from apps.metrics import counter, gauge, histogram
from apps.wire.errors import CloseCode, ErrorCode
from apps.wire.frames import ClientFrames

_FRAMES = counter("im_gateway_frames_total", "Frames received, by operation.", ("op",))

FRAMES: Final = {kind: _FRAMES.labelled(op=kind.__struct_config__.tag) for kind in get_args(ClientFrames)}
"""A counter for each type of frame."""

SIGN_IN: Final = histogram("im_gateway_sign_in_seconds", "From a sign_in to who it is, of those accepted.")
SESSIONS: Final = gauge("im_gateway_sessions", "Sessions that are signed in.")
PUSHES: Final = counter("im_gateway_pushes_total", "Frames pushed to sessions.")
REFUSALS: Final = counter("im_gateway_refusals_total", "Frames answered with an error, by its code.", ("code",))
REFUSALS.labelled(code=ErrorCode.INTERNAL.value)  # seen at 0, so that the first one is a rise
CLOSES: Final = counter("im_gateway_closes_total", "Sockets that the gateway closed, by close code.", ("code",))
CLOSES.labelled(code=str(int(CloseCode.SLOW_READER)))
