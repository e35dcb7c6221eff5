"""The audit behind the kill and disk tests must itself notice every kind of loss."""

import pytest

from harness.audit import Book, Place, Stored


def book_of_three():
    """Three records under one key, two of them acknowledged, one of these read."""
    book = Book()
    for id in ("r-1", "r-2", "r-3"):
        book.attempt(id, "k")
    book.acknowledge("r-1", "shard", "11")
    book.acknowledge("r-2", "shard", "12")
    book.see("r-2", "shard", 12)
    return book


FIRST, SECOND, THIRD = (Stored(f"r-{number}", "k", Place("shard", 10 + number)) for number in (1, 2, 3))


def test_what_is_right_passes():
    book_of_three().compare([FIRST, SECOND])
    book_of_three().compare([FIRST, SECOND, THIRD])


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([SECOND, THIRD], "1 acknowledged records are lost"),
        ([FIRST, THIRD], "records are lost"),
        ([FIRST, SECOND, SECOND], "is stored at"),
        ([FIRST, SECOND._replace(place=Place("shard", 13))], "1 acknowledged records moved"),
        ([FIRST, SECOND, THIRD._replace(key="other")], "was never sent"),
        ([FIRST, SECOND, THIRD._replace(id="r-9")], "was never sent"),
        ([SECOND, FIRST], "stands behind"),
    ],
)
def test_what_is_wrong_is_noticed(records, words):
    with pytest.raises(AssertionError, match=words):
        book_of_three().compare(records)
