"""The mutation gate: bugs that were made elsewhere, planted here one at a time, and the check that has to find each."""
