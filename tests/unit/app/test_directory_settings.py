"""The table `[scim]` of the settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from proctor.app.settings import load
from proctor.edge.directory_config import Directory
from proctor.errors import ConfigFault

TOKEN = "0123456789abcdef0123456789abcdef"


def read(folder: Path, text: str) -> Directory | None:
    path = folder / "proctor.toml"
    path.write_text('[databases.shop]\nhost = "127.0.0.1"\nuser = "proctor"\n[scim]\n' + text)
    path.chmod(0o600)
    return load(path).scim


def test_a_directory_is_read_with_what_it_leaves_out(tmp_path: Path) -> None:
    found = read(tmp_path, f'token = "{TOKEN}"\ngroups = {{ "Database Admins" = "dba" }}')
    assert found is not None
    assert (found.subject, found.prefix, dict(found.groups)) == ("userName", "", {"Database Admins": "dba"})
    assert found.token.reveal() == TOKEN
    assert TOKEN not in repr(found)


def test_the_token_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "token").chmod(0o600)
    found = read(tmp_path, 'token_file = "token"\nsubject = "externalId"\nprefix = "okta:"')
    assert found is not None
    assert (found.token.reveal(), found.subject, found.prefix) == (TOKEN, "externalId", "okta:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "token is missing"),
        ('token = "short"', "shorter than 32 characters"),
        (f'token = "{TOKEN}"\nsubject = "mail"', "subject"),
        (f'token = "{TOKEN}"\nprefix = "{"x" * 64}"', "at most 63"),
        (f'token = "{TOKEN}"\nsubjects = "x"', "subjects"),
        (f'token = "{TOKEN}"\ngroups = {{ a = 1 }}', "scim.groups"),
    ],
)
def test_what_is_wrong_is_named_and_no_token_is_repeated(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigFault) as told:
        read(tmp_path, text)
    assert said in str(told.value)
    assert TOKEN not in str(told.value)
