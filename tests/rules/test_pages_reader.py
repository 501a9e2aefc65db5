"""The handbook reader: front matter, sections, examples with their expectations."""

from __future__ import annotations

from meshlint.rules import pages

PAGE = """---
code: DR001
peers: [KIA0203]
---
# Routed subset selects no pod

What it is.

## Bad

Prose with `code`:

```console
$ not a file
```

`templates/x.yaml`:

```yaml
kind: A
# comment stays
labels: {}  # expect: DR001
version: {{ .Values.x }} {{/* expect: DR001, VS002 */}}
```

### Another world

`y.yaml`:

````yaml
a: 1  # expect: VS002
```
````

## Good

`y.yaml`:

```yaml
# Not a heading
a: 1
```
"""


def test_a_page_in_its_parts() -> None:
    page = pages.read(PAGE)
    assert page.front == {"code": "DR001", "peers": ["KIA0203"]}
    assert page.title == "Routed subset selects no pod"
    assert list(page.sections) == ["Bad", "Good"]


def test_examples_without_their_expect_comments() -> None:
    first, second = pages.read(PAGE).examples("Bad")
    assert first.files == {
        "templates/x.yaml": "kind: A\n# comment stays\nlabels: {}\nversion: {{ .Values.x }}\n"
    }
    assert first.expected == [
        ("DR001", "templates/x.yaml", 3),
        ("DR001", "templates/x.yaml", 4),
        ("VS002", "templates/x.yaml", 4),
    ]
    assert (second.title, second.files, second.expected) == (
        "Another world",
        {"y.yaml": "a: 1\n```\n"},
        [("VS002", "y.yaml", 1)],
    )


def test_good_examples_expect_nothing() -> None:
    (good,) = pages.read(PAGE).examples("Good")
    assert good.files == {"y.yaml": "# Not a heading\na: 1\n"}
    assert good.expected == []
