"""The errors that the command line shows to the person who runs it.

For everything an operator can put right: a taken port, a missing package, a broken database. Programming errors
are not of this kind; they keep their traceback.
"""

from typing import ClassVar


class OperatorError(Exception):
    """One line that names the thing, its value and the way out. Printed without a traceback."""

    exit_code: ClassVar[int] = 1


class NodeRemoved(OperatorError):
    """An operator removed this node from its cluster for good: to start it again would change nothing."""

    exit_code: ClassVar[int] = 3


class SettingError(ValueError):
    """An environment variable has a value that can't be used; the text says which and what to do."""
