"""Station 3: text → `Analysis`. Pure; imports `errors` and `terms` alone, and knows nothing of bytes, rules or clocks.

Start reading at `analyze`. One parser front per dialect (`parser`, `translate*`) makes one small IR (`ir`); lineage is
written once, over the IR and the `Catalog`.
"""

from proctor.sql.analyze import Examined, analyze, examine
from proctor.sql.forms import Form
from proctor.sql.settings import SessionSettings

__all__ = ["Examined", "Form", "SessionSettings", "analyze", "examine"]
