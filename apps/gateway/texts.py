"""A text for many receivers of a node: as a frame it is encoded once, by whoever sends it first."""

from apps.edge import text_frame


class SharedText(str):
    """A text that keeps its frame. Anything but a detached socket takes it as the text it is."""

    __slots__ = ("_frame",)

    _frame: bytes

    def frame(self) -> bytes:
        """Return the whole WebSocket frame."""
        try:
            return self._frame
        except AttributeError:
            self._frame = text_frame(self)
            return self._frame
