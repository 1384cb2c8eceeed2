"""The faces of the house: API, console, MCP. Thin: each asks `control`, which authorizes. Start reading at `api`."""
