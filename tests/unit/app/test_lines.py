"""Where keys stand in a TOML text."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from proctor.app.lines import locate

TRICKY = '''# a = 1
a = "x # not a comment" # b = 2
"b c".d = """
e = 1
"quoted" ""\\""""
f = [ # first
  1,
  { g = 1, h = [2, 3] },
  "]", '}',
]
[ t . "u v" ]
i = \'\'\'
[not]\'\'\'
[[many]]
j = 1
[[many]]
j = 2
[many.k]
l = 1979-05-27T07:32:00Z
'''


def test_every_key_has_its_line() -> None:
    tomllib.loads(TRICKY)
    lines = locate(TRICKY)
    expected = {
        ("a",): 2,
        ("b c", "d"): 3,
        ("f",): 6,
        ("f", "1", "g"): 8,
        ("f", "1", "h", "1"): 8,
        ("f", "2"): 9,
        ("t", "u v"): 11,
        ("t", "u v", "i"): 12,
        ("many", "0", "j"): 15,
        ("many", "1", "j"): 17,
        ("many", "k", "l"): 19,
    }
    assert {path: lines.get(path) for path in expected} == expected
    assert not {path for path in lines if path[0] in {"e", "not", "quoted"}}


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=10), max_size=5))
def test_any_quoted_keys_and_values_are_found(table: dict[str, str]) -> None:
    def quoted(text: str) -> str:
        return '"' + "".join(f"\\U{ord(each):08x}" for each in text) + '"'

    text = "".join(f"{quoted(key)} = {quoted(value)}\n" for key, value in table.items())
    assert locate(text) == {(key,): number for number, key in enumerate(table, 1)}
