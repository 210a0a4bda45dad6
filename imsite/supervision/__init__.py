"""Running things from a terminal: the whole site (`up`), the test suite (`test`), the checks (`lint`)."""
