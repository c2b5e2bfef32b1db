"""What the runs under faults have counted is added up."""

from ..faults import counted

RUNS = "\n\n".join(
    [
        "# Torture",
        (
            "103 cycles, 72 of them kills; 3,071,610 records answered, 0 lost, 1 doubled, 0 out of order,"
            " 0 invented; 2 cycles not recovered from."
        ),
        "| API killed | 9 | 100,709 |",
        (
            "60 cycles, 35 of them kills; 1,044,098 records answered, 3 lost, 0 doubled, 4 out of order,"
            " 5 invented, 6 unaccounted for; 0 cycles not recovered from."
        ),
    ]
)


def test_the_counts_of_all_runs_are_added_up() -> None:
    assert counted(RUNS).startswith(
        "2 runs, 163 cycles, 107 of them kills; 4,115,708 records answered: 3 lost, 1 doubled,"
        " 4 out of order, 5 invented, 6 unaccounted for, 2 cycles not recovered from."
    )
