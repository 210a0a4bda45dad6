"""An echo application, plain and detached: `/plain` loops on `receive`, every other path hands over a sink."""

from apps.edge.asgi import DETACH, Receive, Scope, Send, Socket
from apps.edge.protocol.frames import binary_frame


class EchoSink:
    """Sends back what it receives."""

    __slots__ = ("socket",)

    socket: Socket

    def received(self, data: str | bytes) -> None:
        if isinstance(data, str):
            self.socket.send_text(data)
        else:
            self.socket.send_frame(binary_frame(data))

    def writable(self) -> None:
        pass

    def closed(self, code: int) -> None:
        del self.socket


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await answer(scope, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    if scope["path"] == "/plain":
        await echo_plainly(receive, send)
    else:
        sink = EchoSink()
        sink.socket = scope["extensions"][DETACH](sink)


async def echo_plainly(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


async def answer(scope: Scope, send: Send) -> None:
    body = f"{scope['scheme']} {scope['client'][0]} {scope['path']}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
