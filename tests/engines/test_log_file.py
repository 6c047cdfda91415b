"""Reading a log as it grows: each character once, whole, and no more than a piece of it at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scans.engines.log_file import Piece, end_of, read


@pytest.fixture
def log(tmp_path):
    return tmp_path / "engine.log"


def append(log, data: bytes):
    with log.open("ab") as file:
        file.write(data)


def test_the_end_is_cut_at_a_line(log):
    log.write_bytes("one\ntwo é\nthree\n".encode())
    end = read(log, limit=8)
    assert (end.text, end.cut) == ("three\n", True)
    whole = read(log, limit=1000)
    assert (whole.text, whole.cut) == ("one\ntwo é\nthree\n", False)


def test_what_came_since_is_read_and_nothing_twice(log):
    log.write_bytes(b"one\n")
    first = read(log)
    assert read(log, first.position) == Piece("", first.position)
    append(log, b"two\n")
    second = read(log, first.position)
    assert (second.text, second.cut, second.anew) == ("two\n", False, False)


@given(text=st.text(max_size=40), ends=st.lists(st.integers(0, 160), max_size=6))
def test_characters_come_out_whole_wherever_the_writer_stopped_for_a_moment(tmp_path_factory, text, ends):
    log, data = tmp_path_factory.mktemp("log") / "engine.log", text.encode()
    seen, position, written = "", "", 0
    for end in [*sorted(min(end, len(data)) for end in ends), len(data)]:
        append(log, data[written:end])
        piece = read(log, position)
        seen, position, written = seen + piece.text, piece.position, end
    assert seen == text


def test_of_more_than_a_piece_only_the_last_lines_come(log):
    append(log, b"one\n")
    first = read(log, limit=20)
    append(log, b"".join(b"line %d\n" % number for number in range(10)))
    second = read(log, first.position, limit=20)
    assert (second.text, second.cut) == ("line 8\nline 9\n", True)
    assert read(log, second.position, limit=20).text == ""


def test_a_line_longer_than_a_piece_comes_in_part(log):
    log.write_bytes(b"x" * 50)
    assert read(log, limit=20).text == "x" * 20


def test_a_log_that_was_emptied_or_replaced_is_begun_anew(log, tmp_path):
    log.write_bytes(b"a long first line\n")
    position = read(log).position
    log.write_bytes(b"new\n")
    emptied = read(log, position)
    assert (emptied.text, emptied.anew) == ("new\n", True)
    (tmp_path / "other").write_bytes(b"another log, longer than the first was\n")
    (tmp_path / "other").replace(log)
    replaced = read(log, emptied.position)
    assert (replaced.text, replaced.anew) == ("another log, longer than the first was\n", True)


def test_a_log_that_is_not_there_is_an_empty_piece_and_may_come_back(log):
    assert read(log) == read(log, "7-3") == Piece("", "")
    log.write_bytes(b"one\n")
    assert read(log, "").text == "one\n"
    assert not read(log, "").anew


@pytest.mark.parametrize("position", ["x", "1", "-", "1-2-3", "9" * 30 + "-1", "1-١", "1-"])
def test_a_position_that_is_none_is_no_error(log, position):
    log.write_bytes(b"one\n")
    assert read(log, position).text == "one\n"


def test_the_end_of_a_log_that_is_complete_is_cut_at_a_line_and_has_no_position(log):
    log.write_bytes("one\ntwo é\nthree\n".encode())
    assert end_of(log.open("rb"), limit=8) == Piece("three\n", "", cut=True)
    assert end_of(log.open("rb")) == Piece("one\ntwo é\nthree\n", "")
