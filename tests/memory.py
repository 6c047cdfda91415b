"""How much memory a piece of work holds."""

import tracemalloc

MEGABYTE = 1024**2


def most_memory_of(work) -> int:
    """The bytes that a piece of work held at its height."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
