"""A text for many receivers of a node: as a frame it is encoded once, by whoever sends it first."""

from apps.edge import text_frame


class SharedText(str):
    """A text that keeps its frame. To anything but a detached socket it is handed as `str(text)`."""

    __slots__ = ("_frame",)

    _frame: bytes

    def frame(self) -> bytes:
        """Return the whole WebSocket frame."""
        try:
            return self._frame
        except AttributeError:
            self._frame = text_frame(self)
            return self._frame
