"""The pack as OSCAL assessment results, for tools that read nothing else. In go populations; out comes JSON.

Identifiers are derived from the pack, so that the same pack gives the same file. Criteria go by id and our own titles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID, uuid5

import msgspec

from proctor.audit.evidence.report import Inputs, Population

VERSION: Final = "1.2.0"
CRITERIA: Final = {
    "CC6.1": "Access to data is limited by identity and rule",
    "CC6.2": "Rights are given and taken away by decision",
    "CC6.3": "Rights fit the work, and who asks does not decide",
    "CC6.6": "Outsiders come in by known ways only",
    "CC6.7": "Data that leaves is limited and protected",
    "CC6.8": "What was not agreed to does not run",
    "CC7.1": "Changes of what protects the data are seen",
    "CC7.2": "What is unusual is seen",
    "CC7.3": "What was seen is looked into",
    "CC7.4": "Emergencies are reviewed",
    "CC8.1": "Changes are agreed to before they are made",
    "C1.1": "Confidential data is known, and masked",
    "C1.2": "Confidential data is disposed of when its time is over",
    "P4.1": "Personal data is used for a stated purpose",
    "P4.3": "Personal data is disposed of for good",
    "P5.1": "Access to personal data can be told to the person",
    "P6.1": "Personal data is shown to those who may see it",
}
"""The criteria that a database gateway can speak to, by id, with titles of our own."""
_SPACE: Final = UUID("6f4f7a1e-5b0c-5d8e-9a55-3f4a2f1d7c01")


def assessment(done: Sequence[Population], inputs: Inputs, seed: bytes) -> bytes:
    """Return the file."""

    def name(what: str) -> str:
        return str(uuid5(_SPACE, f"{seed.hex()} {what}"))

    observations = [
        {
            "uuid": name(f"observation {one.stem}"),
            "title": one.report.title,
            "description": f"{one.report.says} {one.count} items, {one.exceptions} exceptions.",
            "methods": ["EXAMINE"],
            "types": ["control-objective"],
            "collected": inputs.built,
            "relevant-evidence": [
                {"href": f"reports/{one.stem}.{kind}", "description": f"The population as {kind.upper()}."}
                for kind in ("html", "csv", "json")
            ],
        }
        | _remarks(one)
        for one in done
    ]
    spoken = sorted({each for one in done for each in one.report.criteria})
    result = {
        "uuid": name("result"),
        "title": "What the log of the gateway shows",
        "description": "Populations, exceptions, samples from a signed log. Whether a control holds is its reader's.",
        "start": inputs.since,
        "end": inputs.until,
        "reviewed-controls": {
            "control-selections": [{"include-controls": [{"control-id": each.lower()} for each in spoken]}]
        },
        "observations": observations,
        "findings": [_finding(each, done, name) for each in spoken],
    }
    plan = name("plan")
    said = {
        "assessment-results": {
            "uuid": name("pack"),
            "metadata": {
                "title": f"Evidence of {inputs.house}",
                "last-modified": inputs.built,
                "version": inputs.version or "unknown",
                "oscal-version": VERSION,
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [result],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "No assessment plan",
                        "description": "The pack was built by its house; the plan is its reader's.",
                    }
                ]
            },
        }
    }
    return msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n"


def _remarks(one: Population) -> dict[str, object]:
    """Return which masks were worn, where a report tells of any."""
    worn = ", ".join(f"{name} {times}" for name, times in sorted(one.report.worn.items()))
    return {"remarks": f"Masks worn, and how often: {worn}."} if worn else {}


def _finding(criterion: str, done: Sequence[Population], name: Callable[[str], str]) -> dict[str, object]:
    speaking = [one for one in done if criterion in one.report.criteria]
    exceptions = sum(one.exceptions for one in speaking)
    return {
        "uuid": name(f"finding {criterion}"),
        "title": f"{criterion}: {CRITERIA[criterion]}",
        "description": f"{exceptions} exceptions in {len(speaking)} populations.",
        "target": {
            "type": "objective-id",
            "target-id": criterion.lower(),
            "status": {
                "state": "not-satisfied" if exceptions else "satisfied",
                "remarks": "By count of exceptions alone. An exception is worth a look, and may be as it should be.",
            },
        },
        "related-observations": [{"observation-uuid": name(f"observation {one.stem}")} for one in speaking],
    }
