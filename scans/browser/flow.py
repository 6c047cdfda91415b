"""The blocks of a recording: if, while, times, for each, do. Which command belongs to which."""

from collections.abc import Sequence

LOOPS = frozenset({"while", "times", "forEach"})
_OPENING = LOOPS | {"if", "do"}
COMMANDS = _OPENING | {"elseIf", "else", "end", "repeatIf"}


class Unbalanced(Exception):
    """A command of this index has no block, or its block has no end."""

    def __init__(self, index: int):
        super().__init__(index)
        self.index = index


def jumps(commands: Sequence[str]) -> dict[int, int]:
    """Return where each command of a block leads, by index: a branch to the next one, the end back to the beginning.

    Raises Unbalanced.
    """
    found: dict[int, int] = {}
    open_blocks: list[list[int]] = []  # the branches of each, as far as read
    for index, command in enumerate(commands):
        if command in _OPENING:
            open_blocks.append([index])
        elif command in COMMANDS:
            block = open_blocks[-1] if open_blocks else []
            if not block or not _belongs(command, commands[block[0]], commands[block[-1]]):
                raise Unbalanced(index)
            found[block[-1]] = index
            block.append(index)
            if command in ("end", "repeatIf"):
                found[index] = open_blocks.pop()[0]
    if open_blocks:
        raise Unbalanced(open_blocks[-1][0])
    return found


def _belongs(command: str, first: str, last: str) -> bool:
    """Return whether a command may follow in a block that begins with `first` and whose last branch is `last`."""
    if command in ("elseIf", "else"):
        return first == "if" and last != "else"
    return (first == "do") == (command == "repeatIf")
