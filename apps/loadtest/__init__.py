"""Load test: many lean sessions against a running installation, seen from outside, with a verdict on what they got.

Knows the WebSocket protocol and nothing of the server behind it.
"""
