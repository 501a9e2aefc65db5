"""Three matchers that look alike: filepath.Match, gobwas globs, and the rules of .helmignore."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.helm.ignore import IgnoreError, Rules
from meshlint.helm.pathmatch import PatternError, filepath_match, glob


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "a/b.yaml", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[^a-c]x", "dx", True),
        (r"\*", "*", True),
        ("{a,b}", "a", False),
        ("{a,b}", "{a,b}", True),
        ("[!a]", "a", True),
        ("", "", True),
    ],
)
def test_filepath_match(pattern: str, name: str, matches: bool) -> None:
    assert (filepath_match(pattern).fullmatch(name) is not None) is matches


@pytest.mark.parametrize("pattern", ["[", "[]", "[]a]", "[a-]", "\\", "[-a]", "[a"])
def test_malformed_patterns(pattern: str) -> None:
    with pytest.raises(PatternError, match="syntax error in pattern"):
        filepath_match(pattern)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("files/*", ["files/a.txt", "files/b.yaml"]),
        ("files/**", ["files/a.txt", "files/b.yaml", "files/sub/c.conf"]),
        ("**.conf", ["files/sub/c.conf"]),
        ("*", ["README.md"]),
        ("files/{a,b}.*", ["files/a.txt", "files/b.yaml"]),
        ("files/{*.txt,sub/{c,d}.conf}", ["files/a.txt", "files/sub/c.conf"]),
        ("files/[!a].*", ["files/b.yaml"]),
        ("files/[ab].???", ["files/a.txt"]),
        ("files/{a.txt", ["files/a.txt"]),
        ("READM\\E.md", ["README.md"]),
    ],
)
def test_glob(pattern: str, names: list[str]) -> None:
    everything = ["README.md", "files/a.txt", "files/b.yaml", "files/sub/c.conf"]
    assert [name for name in everything if glob(pattern).fullmatch(name)] == names


@pytest.mark.parametrize("pattern", ["[", "[]", "[a-bc]", "[b-a]", "[!]"])
def test_malformed_globs(pattern: str) -> None:
    with pytest.raises(PatternError):
        glob(pattern)


@given(st.text(alphabet="ab*?[]{}!^-,\\/.", max_size=12), st.text(alphabet="ab/.-", max_size=8))
def test_any_pattern_compiles_or_is_refused(pattern: str, name: str) -> None:
    for compiled in (filepath_match, glob):
        with suppress(PatternError):
            compiled(pattern).fullmatch(name)


@pytest.mark.parametrize(
    ("rules", "path", "directory", "ignored"),
    [
        ("*.bak", "deep/down/x.bak", False, True),
        ("/x", "x", False, True),
        ("/x", "a/x", False, False),
        ("a/b", "a/b", False, True),
        ("a/b", "c/a/b", False, False),
        ("docs/", "docs", True, True),
        ("docs/", "docs", False, False),
        ("# *\n\n  x  ", "x", False, True),
        ("!keep", "other", False, True),
        ("!keep", "keep", False, False),
        ("!keep\nkeep", "keep", False, True),
        ("!docs/", "docs/readme", False, True),
        ("", "templates/.hidden", False, True),
        ("", "templates/.", False, False),
        ("", "templates/sub/.hidden", False, False),
        ("", "x/.hidden", False, False),
    ],
)
def test_helmignore(rules: str, path: str, directory: bool, ignored: bool) -> None:
    assert Rules(rules).ignored(path, directory) is ignored


@pytest.mark.parametrize(
    ("rules", "error", "line"),
    [("a\n**/x", "double-star (**) syntax is not supported", 2), ("[", "syntax error in pattern", 1)],
)
def test_helmignore_faults(rules: str, error: str, line: int) -> None:
    with pytest.raises(IgnoreError) as fault:
        Rules(rules)
    assert (str(fault.value), fault.value.line) == (error, line)
