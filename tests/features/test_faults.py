from __future__ import annotations

from features.faults import DataFault, Fault, VitalsFault, WrongUse, nearest

ONE = Fault("seats", -1, "0 or more", "mend it")


def test_a_fault_names_field_value_allowed_set_and_next_step() -> None:
    assert str(ONE) == "seats is -1; allowed: 0 or more. Next: mend it"
    assert ONE.as_dict() == {"field": "seats", "value": -1, "allowed": "0 or more", "next": "mend it"}


def test_all_faults_are_told_one_to_a_line_under_their_title() -> None:
    raised = WrongUse("that does not work", [ONE, ONE])
    assert str(raised).splitlines() == ["that does not work", f"  - {ONE}", f"  - {ONE}"]
    assert str(DataFault("nothing to add")) == "nothing to add"


def test_a_fault_in_the_data_exits_with_one_and_wrong_use_with_two() -> None:
    assert (VitalsFault.exit_code, DataFault.exit_code, WrongUse.exit_code) == (1, 1, 2)


def test_the_nearest_known_name_is_advised_or_else_all_of_them() -> None:
    assert nearest("usge", {"voice", "usage"}) == "did you mean 'usage'?"
    assert nearest("xyz", {"voice", "usage"}) == "use one of: 'usage', 'voice'"
