"""Proctor: an identity-aware database gateway.

Start reading at `terms`, the nouns; then follow one statement through `edge.listener`, `session.relay`, `sql.analyze`
and `policy.decide`. The layers are drawn in docs/architecture.md and held by import-linter.
"""

from proctor import twins

twins.choose()
