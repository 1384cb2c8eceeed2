"""The pages of a pack: HTML that stands by itself and prints well, and what VERIFY.md tells. Everything is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from proctor.audit.evidence.extent import Extent
from proctor.audit.evidence.oscal import CRITERIA
from proctor.audit.evidence.report import SAMPLE, Inputs, Population

_PAGES: Final = Environment(
    loader=PackageLoader("proctor.audit.evidence", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_VERIFY: Final = """# How to check this pack

You need nobody's word for it, no running Proctor and no network. With Proctor installed:

    proctor evidence verify .

Give it a key that you obtained elsewhere than from this pack; without one, it believes the key that lies in it:

    proctor evidence verify . --key kept.vkey

It checks, in this order:

1. Every file is listed in `SHA256SUMS` and is what is listed; nothing is missing and nothing was added.
2. `pack.note` is the house's signature over `SHA256SUMS`. A pack without it fails, unless you say `--unsigned`: then
   `inputs.json` is nobody's word.
3. `log/NAME/checkpoint` of each log is signed by its key. The entries in `log/NAME/tile/entries` make, with the hashes
   in `log/NAME/extent.json`, exactly the tree of the end; two consistency proofs tie the start to the end, and the end
   to the signed checkpoint. So no record of the range is missing, changed or added.
4. The range covers the time asked for: it begins with the log or before the time, and ends with the log or behind it.
5. No log was left out: every log that the log of logs (`log/meta`) knows is here.
6. Each sampled record's proof in `proofs/` leads to the signed checkpoint.
7. All reports are made again from the records in `log/` and from `inputs.json`, and compared byte for byte: every
   count, exception, sample, page and digest. Samples are the {sample} items of each population whose SHA-256 under the
   seed is the smallest; the seed is the hash of the ends of all logs.

Without Proctor, `sha256sum -c SHA256SUMS` does the first step, and any tool that reads C2SP `tlog-proof` and
`tlog-tiles` the third and the sixth: `proofs/NAME-NUMBER.entry` is the record, `proofs/NAME-NUMBER.tlog-proof` its
proof, and `log/NAME/log.vkey` the key.

What no check can show: that the gateway told the truth when it wrote; what was done to the databases past the gateway;
that a record's time is right (a clock that was set is an item in the report on log health); and, of what is in
`inputs.json` (the principals, databases and texts of rules at the time of building), more than that the house
signed it. Texts of rules are held against the hashes that the log has of them.

## What is in it

From {since} to {until}, built {built}.

{logs}
"""


def report_page(one: Population, parts: Sequence[Extent], inputs: Inputs, seed: bytes) -> str:
    """Return a report as a page."""
    return _PAGES.get_template("report.html").render(one=one, parts=parts, inputs=inputs, seed=seed.hex())


def index_page(done: Sequence[Population], parts: Sequence[Extent], inputs: Inputs) -> str:
    """Return the first page."""
    spoken = {each for one in done for each in one.report.criteria}
    criteria = [(name, title) for name, title in CRITERIA.items() if name in spoken]
    return _PAGES.get_template("index.html").render(done=done, parts=parts, inputs=inputs, criteria=criteria)


def verify_page(parts: Sequence[Extent], inputs: Inputs) -> str:
    """Return VERIFY.md."""
    logs = "\n".join(
        f"- `{part.origin}`: {part.count} records, {part.first} to {part.end - 1}, of {part.size} that are signed"
        for part in parts
    )
    return _VERIFY.format(sample=SAMPLE, since=inputs.since, until=inputs.until, built=inputs.built, logs=logs)
