"""Policy, the words that display masks are made of: common names, and places and streets of our own choosing.

Plain ASCII, so that a mask is as long in bytes as in characters, but for names of those who write another script. The
order is part of the mask: changing a list changes
every masked name, so entries are only ever appended with a new mask key.
"""

from __future__ import annotations

from proctor.policy.mask_lists.names import FAMILY, GIVEN
from proctor.policy.mask_lists.places import CITIES, STREETS
from proctor.policy.mask_lists.scripts import Script, script_of

__all__ = ["CITIES", "FAMILY", "GIVEN", "STREETS", "Script", "script_of"]
