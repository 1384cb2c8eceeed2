"""The key to the front door: `proctor`, its commands and their exit codes. Start reading at `commands`.

Each command imports what it needs when it runs. A command prints its result on stdout and everything else on stderr; no
trouble ends in a stack, unless PROCTOR_DEBUG is set.
"""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line."""
    from proctor.cli.commands import app
    from proctor.cli.ground import Exit, Trouble, visible

    try:
        app(prog_name="proctor")
    except Trouble as trouble:
        _tell(trouble.what, trouble.then)
        sys.exit(trouble.code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains on its way out
        sys.exit(141)
    except Exception as fault:
        if os.environ.get("PROCTOR_DEBUG"):
            raise
        from proctor.errors import ConfigFault, Fault, UpstreamFault

        if not isinstance(fault, Fault):
            _tell(f"failed by a fault of its own ({type(fault).__name__})", "set PROCTOR_DEBUG=1 to see where")
            sys.exit(Exit.REFUSED)
        _tell(visible(fault.message), visible(fault.hint))
        upstream = isinstance(fault, UpstreamFault)
        sys.exit(Exit.USAGE if isinstance(fault, ConfigFault) else Exit.UNREACHABLE if upstream else Exit.REFUSED)


def _tell(what: str, then: str) -> None:
    print(f"proctor: {what}", file=sys.stderr)
    if then:
        print(f"  {then}", file=sys.stderr)
