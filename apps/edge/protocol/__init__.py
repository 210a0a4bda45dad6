"""The WebSocket protocol on the wire: request heads, frames and who really asks. Pure: bytes in, values out."""
