"""The fault matrix, case by case: tested here by its code, tested elsewhere, or not, with the reason.

C and P cases are about reading sources and stand in tests/source.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
HERE = Path(__file__).parent
ELSEWHERE = [
    ("N5", "api/test_transport.py", "test_a_certificate_that_does_not_hold_is_not_sent"),
    ("N14", "api/test_transport.py", "test_a_kept_connection_that_the_server_closed_between_requests_is_replaced"),
    ("H4", "api/test_gate.py", "test_a_huge_wait_is_cut_and_told_once"),
    ("H6", "faults/test_storm.py", "test_a_storm_loses_no_record_and_writes_none_twice"),
    ("H6", "api/test_limit.py", "test_no_more_calls_a_second_leave_than_the_setting_allows_over_all_clients"),
    ("H9", "engine/push/test_push_halving.py", "test_h27_h9_one_bad_member_of_a_batch_fails_alone"),
    (
        "H9",
        "engine/push/test_push_halving.py",
        "test_h9_a_server_that_fails_every_write_stops_the_load_after_a_bounded_number_of_calls",
    ),
    (
        "H9",
        "engine/push/test_push_halving.py",
        "test_h9_bad_members_that_cannot_be_told_apart_within_the_bound_are_failed_and_say_so",
    ),
    ("H23", "engine/push/test_push_refusals.py", "test_h23_a_patch_of_a_registration_that_is_gone_is_a_conflict"),
    ("H27", "engine/push/test_push_halving.py", "test_h27_h9_one_bad_member_of_a_batch_fails_alone"),
    (
        "H28",
        "engine/push/test_push_halving.py",
        "test_h28_a_batch_that_is_too_large_is_made_smaller_and_a_single_record_says_what_to_do",
    ),
    ("H31", "engine/push/test_push_refusals.py", "test_h31_a_create_that_is_forbidden_fails_alone"),
    ("H41", "api/test_limit.py", "test_headers_that_claim_a_spent_limit_do_not_slow_a_client_that_is_served"),
    ("K1", "test_begin.py", "test_killed_while_it_began_a_load_is_begun_again_whole"),
    ("K15", "engine/test_interrupted.py", "test_two_pushes_of_one_load_at_once_are_refused"),
    ("K17", "engine/test_stops.py", "test_a_source_or_target_that_is_not_the_loads_own_is_refused"),
    ("K18", "test_begin.py", "test_a_load_keeps_mapping_and_lookups_and_goes_on_without_the_files_it_began_with"),
    ("K18", "test_load.py", "test_every_input_changes_the_hash_and_so_does_its_place"),
    ("K20", "engine/test_interrupts.py", "test_one_killed_after_a_grace_goes_on"),
    ("K21", "engine/test_interrupts.py", "test_the_second_one_stops_now_whatever_is_in_flight"),
    ("K22", "faults/test_kill_sweep.py", "test_killed_at_random_instants_and_taken_up_it_is_as_if_unbroken"),
    (
        "K23",
        "flows/test_schedule.py",
        "test_the_schedule_makes_a_run_that_completes_and_a_killed_run_goes_on_with_its_load",
    ),
    ("K23", "engine/test_leases.py", "test_a_push_that_slept_too_long_is_taken_over_and_fenced_when_it_wakes"),
    ("K25", "engine/test_leases.py", "test_a_push_that_slept_too_long_is_taken_over_and_fenced_when_it_wakes"),
    (
        "L1",
        "engine/push/test_push_stopping.py",
        "test_l1_a_ledger_that_takes_nothing_more_stops_the_push_before_more_is_sent",
    ),
    (
        "L1",
        "engine/test_leases.py",
        "test_a_full_disk_stops_the_push_before_more_is_sent_and_it_goes_on_when_there_is_room",
    ),
    ("L5", "source/test_source_csv_matrix.py", "test_c40_a_file_that_grows_while_it_is_read_is_an_error"),
    ("L7", "export/test_export_publish.py", "test_a_name_that_cannot_hold_an_export_is_refused"),
    ("L8", "test_load.py", "test_a_load_id_never_leaves_the_workspace"),
    ("L8", "api/test_transport.py", "test_an_id_too_long_for_an_address_is_refused_before_it_is_sent"),
    ("L12", "api/test_auth.py", "test_a_second_401_is_access_denied"),
    ("L15", "api/test_auth.py", "test_a_cache_that_is_damaged_or_not_private_is_replaced"),
    ("L17", "engine/test_interrupted.py", "test_two_imports_of_one_file_at_once_write_every_record_once"),
    ("S5", "api/test_auth.py", "test_the_cache_is_its_owners_alone_whatever_the_umask"),
    ("S9", "api/test_answers.py", "test_what_an_error_says_is_shown_on_one_printable_line"),
    ("S18", "engine/test_command_line.py", "test_everything_a_load_leaves_behind_is_its_owners_alone"),
    ("M6", "api/test_limit.py", "test_an_api_that_refuses_99_of_100_calls_loses_nothing_and_is_not_hammered"),
    (
        "M10",
        "engine/push/test_push_halving.py",
        "test_h28_a_batch_that_is_too_large_is_made_smaller_and_a_single_record_says_what_to_do",
    ),
]
"""Case, file and test that has it."""
NOT_TESTED = {
    "H26": "an import plans no delete; what a client makes of its answer is in tests/api/test_client.py",
    "K10": "the ledger is one database without a rotation; when SQLite moves its tail into it is SQLite's, and falls "
    "under the random kills of K22",
    "K13": "there is no undo yet",
    "L6": "a source may be a link and is read with the rights of the user who names it; one that changes after the "
    "load began is K17, one that changes while it is read is L5",
    "L9": "a drive that drops gives the same errors of the system as L2 to L5; none can be dropped here without rights "
    "over the machine",
}
CASES = [
    *(f"N{number}" for number in range(1, 19)),
    *(f"H{number}" for number in range(1, 45)),
    *(f"K{number}" for number in range(1, 26)),
    *(f"L{number}" for number in range(1, 18)),
    *(f"E{number}" for number in (*range(1, 8), *range(9, 12))),
    *(f"S{number}" for number in (1, 2, 4, 5, 8, 9, 18)),
    *(f"M{number}" for number in (1, 3, 4, 6, 7, *range(10, 14))),
]
"""All cases of network, HTTP, crashes and machine; of the others those that concern push and resume."""


def codes(text: str) -> set[str]:
    """The cases that the names of tests in a module begin with."""
    names = re.findall(r"^def test_((?:[nhklesm]\d+_)+)", text, re.MULTILINE)
    return {f"{kind.upper()}{int(number)}" for name in names for kind, number in re.findall(r"([a-z])(\d+)_", name)}


def test_every_case_is_tested_here_or_elsewhere_or_has_a_reason():
    here = {code for path in HERE.glob("test_matrix_*.py") for code in codes(path.read_text(encoding="utf-8"))}
    elsewhere = {code for code, _, _ in ELSEWHERE}
    assert sorted([*here, *elsewhere, *NOT_TESTED]) == sorted(CASES)


@pytest.mark.parametrize(("code", "file", "name"), ELSEWHERE)
def test_what_is_tested_elsewhere_is_there(code, file, name):
    text = (TESTS / file).read_text(encoding="utf-8")
    assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{code}: {file} has no {name}"
