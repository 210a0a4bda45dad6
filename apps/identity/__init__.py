"""Signing in with what a company already has: third-party accounts, directories, and what they may make of people."""
