"""Rooms stay small: files, functions, names."""

from __future__ import annotations

from statistics import median

from tests.architecture.graph import functions, modules

MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 10
REFUSED_NAMES = {"helper", "helpers", "util", "utils", "common", "base", "manager", "misc"}


def test_files_are_short() -> None:
    sizes = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}
    assert {name: size for name, size in sizes.items() if size > MOST_FILE_LINES} == {}


def test_functions_are_short() -> None:
    assert [row for row in functions() if row[2] > MOST_FUNCTION_LINES] == []


def test_the_median_function_is_short() -> None:
    assert median(row[2] for row in functions()) <= MEDIAN_FUNCTION_LINES


def test_no_room_without_a_name() -> None:
    assert [name for name in modules() if name.rpartition(".")[2] in REFUSED_NAMES] == []
