"""What can be wrong with a load test before it begins, each with a stable code for programs and fields for the text."""


class LoadTestError(Exception):
    """Base: `code` never changes its meaning, `fields` name the thing and its value."""

    code = "loadtest_error"

    def __init__(self, **fields: object) -> None:
        super().__init__(f"{self.code}: " + ", ".join(f"{name}={value}" for name, value in fields.items()))
        self.fields = fields


class ScenarioUnknown(LoadTestError):
    """No scenario has this name (`name`, `known`)."""

    code = "scenario_unknown"


class ScenarioInvalid(LoadTestError):
    """A scenario's file or an option has a key or value that does not fit (`name`, `reason`)."""

    code = "scenario_invalid"


class TokensUnreadable(LoadTestError):
    """The token file is missing, of another format, or readable by others (`path`, `reason`)."""

    code = "tokens_unreadable"


class TooFewUsers(LoadTestError):
    """The token file has fewer users or conversations than the scenario wants (`what`, `wanted`, `found`)."""

    code = "too_few_users"


class MachineTooSmall(LoadTestError):
    """A limit of this machine is below what the test needs (`limit`, `wanted`, `found`)."""

    code = "machine_too_small"


class AddressInvalid(LoadTestError):
    """Not a WebSocket address (`url`)."""

    code = "address_invalid"


class WorkerFailed(LoadTestError):
    """A process of the load test ended too early (`worker`, `reason`)."""

    code = "worker_failed"


class ResultUnreadable(LoadTestError):
    """A file is no result of a load test (`path`, `reason`)."""

    code = "result_unreadable"
