"""Text masked in place, as a result wears it: what is personal in it gives way to a word, the rest can be read."""

from __future__ import annotations

import pytest

from proctor.policy.masks import mask_name_for
from proctor.session.plans import Wardrobe
from proctor.terms import DataClass, MaskSpec
from proctor.wire.talk import Field

PROSE = DataClass("prose")
SAID = "please write to zelda@corp.example, signed Anna Schmidt; card 4539 5787 6362 1486, order 2024-11-23"
TOLD = "please write to [masked email], signed [masked person_name]; card [masked payment_card], order 2024-11-23"


def worn(text: bytes, *, oid: int = 25, form: int = 0, width: int = -1) -> bytes | None:
    field = Field("note", 16500, 4, oid, -1, width, form)
    wear = Wardrobe(b"k" * 32).wear(MaskSpec("spans", PROSE), field)
    assert callable(wear)
    masked: bytes | None = wear(text)
    return masked


@pytest.mark.parametrize(("oid", "form"), [(25, 0), (25, 1), (1043, 0), (1043, 1)])
def test_what_is_personal_in_a_text_is_hidden_and_the_rest_can_be_read(oid: int, form: int) -> None:
    assert worn(SAID.encode(), oid=oid, form=form) == TOLD.encode()


def test_text_is_masked_in_place_where_masks_are_useful_and_whole_where_all_is_redacted() -> None:
    assert (mask_name_for(PROSE, "useful"), mask_name_for(PROSE, "redact")) == ("spans", "redact")
    assert mask_name_for(DataClass("free_text"), "useful") == "redact"


def test_one_text_of_many_guesses_shows_the_mask_of_none() -> None:
    """Else a single write would be a dictionary of masks, and no budget of guesses would see more than one."""
    guesses = b" ".join(b"g%d@corp.example" % n for n in range(200))
    assert set((worn(guesses) or b"").replace(b"masked email", b"x").split()) == {b"[x]"}


def test_a_text_that_grows_beyond_its_column_is_hidden_whole() -> None:
    assert b"a@b.example" not in (worn(b"mail a@b.example", oid=1043, width=4 + 16) or b"")
    assert len(worn(b"mail a@b.example", oid=1043, width=4 + 16) or b"") <= 16


def test_a_text_without_anything_personal_stays_as_it_is() -> None:
    assert worn(b"left at the door on 2024-11-23") == b"left at the door on 2024-11-23"


def test_a_masked_text_is_not_written_back() -> None:
    wardrobe = Wardrobe(b"k" * 32)
    assert wardrobe.is_worn(TOLD.encode(), PROSE, 25)
    assert not wardrobe.is_worn(SAID.encode(), PROSE, 25)
