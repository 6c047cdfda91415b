"""Blocks of commands: which of them belong together."""

import pytest

from scans.browser import flow


def test_each_command_of_a_block_knows_where_it_leads():
    commands = "open if open elseIf open else while open end end do repeatIf".split()
    assert flow.jumps(commands) == {1: 3, 3: 5, 5: 9, 6: 8, 8: 6, 9: 1, 10: 11, 11: 10}


@pytest.mark.parametrize(
    ("commands", "wrong"),
    [
        ("if open", 0),
        ("open end", 1),
        ("while else end", 1),
        ("if else elseIf end", 2),
        ("if else else end", 2),
        ("do end", 1),
        ("times repeatIf", 1),
        ("if times end", 0),
    ],
)
def test_a_command_without_its_block_is_found(commands, wrong):
    with pytest.raises(flow.Unbalanced) as error:
        flow.jumps(commands.split())
    assert error.value.index == wrong
