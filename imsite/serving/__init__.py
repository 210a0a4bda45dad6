"""One node: the ASGI application served on its HTTP and WebSocket ports by the chosen server."""
