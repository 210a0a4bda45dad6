"""Errors of load tests."""

from apps.loadtest import errors


def test_every_error_has_a_code_of_its_own_and_names_its_values() -> None:
    kinds = [errors.LoadTestError, *errors.LoadTestError.__subclasses__()]

    assert len({kind.code for kind in kinds}) == len(kinds) > 5
    assert str(errors.ScenarioUnknown(name="x", known="idle")) == "scenario_unknown: name=x, known=idle"
    assert errors.AddressInvalid(url="u").fields == {"url": "u"}
