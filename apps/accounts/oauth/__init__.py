"""OAuth2 and OpenID Connect as imsite offers them, on top of django-oauth-toolkit.

Authorization code with PKCE (S256), password for own programs, client credentials for service accounts, refresh with
rotation, revocation, introspection; discovery, identity tokens, userinfo and sign-out. Nothing else: no implicit or
hybrid flow, no device flow, no registration by programs themselves. Why so: docs/adr/0017-oauth.md.
"""
