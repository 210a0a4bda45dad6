"""Directories: what is to be as they have it, in a preview, carried out, and on time."""
