"""The one error the command line shows to the person who runs it.

For everything an operator can put right: a taken port, a missing package, a broken database. Programming errors
are not of this kind; they keep their traceback.
"""


class OperatorError(Exception):
    """One line that names the thing, its value and the way out. Printed without a traceback."""
