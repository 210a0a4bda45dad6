"""How the REST API speaks: JSON in and out by msgspec structs, problems by RFC 9457, pages by opaque cursors.

Only the api modules of the apps use it.
"""
