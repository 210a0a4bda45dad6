"""An app whose one job is often due and takes as long as a test wants; only nodes of tests have it."""
