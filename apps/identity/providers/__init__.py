"""What is spoken with other parties when somebody signs in there: one file for each, on the parts of django-allauth
that speak OAuth 2.0, and on python3-saml.
"""
