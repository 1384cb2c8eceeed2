"""The command `mcp`: the tools for agents on stdin and stdout, by way of the running gateway.

For agents that start their servers themselves. Each call goes on in the name of whoever started the command; nothing is
decided here, and nothing is kept. A question of the gateway's goes out in the form that the agent's program speaks.
"""

# ruff: noqa: PLC0415 - what is heavy is imported by the command that needs it

from __future__ import annotations

import asyncio
import os
import ssl
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proctor.cli.desk import UrlOption
from proctor.cli.ground import DEFAULT_CONFIG, ConfigOption, Exit, fail, settings_of
from proctor.edge.config import Config

if TYPE_CHECKING:
    from mcp.client.client import Client
    from mcp.server.lowlevel.server import Server
    from mcp_types import ErrorData

SECONDS = 700.0  # longer than a ticket may be waited for in one call


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(mcp)


def mcp(
    name: Annotated[
        str, typer.Option("--as", envvar="PROCTOR_AS", help="Who acts, with the password in PROCTOR_PASSWORD.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
) -> None:
    """Offer the tools for agents on stdin and stdout, by way of the running gateway.

    An agent that speaks streamable HTTP needs no such command: the same tools are at the console's address, under /mcp.

    Example: `PROCTOR_PASSWORD=… proctor mcp --as copilot --config proctor.toml`
    """
    password = os.environ.get("PROCTOR_PASSWORD")
    if password is None:
        fail("there is no password", then="set PROCTOR_PASSWORD: stdin belongs to the agent", code=Exit.USAGE)
    asyncio.run(_bridge(settings_of(config, secrets=False), (name, password), url))


async def _bridge(config: Config, login: tuple[str, str], url: str) -> None:
    import httpx2
    from mcp.client.client import Client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.server.stdio import stdio_server

    from proctor.cli.client import trusted, where_is

    where, path = where_is(config, url)
    transport = httpx2.AsyncHTTPTransport(uds=str(path)) if path is not None else None
    verify: ssl.SSLContext | bool = True if path is not None else trusted(config, where)
    async with (
        httpx2.AsyncClient(auth=login, transport=transport, verify=verify, timeout=SECONDS, trust_env=False) as http,
        Client(streamable_http_client(f"{where}/mcp", http_client=http)) as plain,
        Client(streamable_http_client(f"{where}/mcp", http_client=http), elicitation_callback=_left) as asking,
        stdio_server() as (reading, writing),
    ):
        server = _server(plain, asking)
        await server.run(reading, writing, server.create_initialization_options())


async def _left(context: object, params: object) -> ErrorData:
    """Answer no question: those of the gateway are handed on, and this only says that they may be asked."""
    from mcp_types import METHOD_NOT_FOUND, ErrorData

    return ErrorData(code=METHOD_NOT_FOUND, message="it is handed on")


def _server(plain: Client, asking: Client) -> Server[Any]:
    """Return a server whose every answer is the gateway's. One client says of itself that its person can be asked."""
    import mcp_types as types
    from mcp.server.lowlevel.server import Server

    from proctor.faces.mcp.asking import able, answers

    async def list_tools(context: Any, _: Any) -> types.ListToolsResult:
        found = await (asking if able(context) else plain).list_tools()
        return types.ListToolsResult(tools=found.tools)

    async def call(
        context: Any, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        async def gateway(answered: types.InputResponses | None) -> types.CallToolResult | types.InputRequiredResult:
            return await (asking if able(context) else plain).session.call_tool(
                params.name,
                params.arguments,
                progress_callback=context.session.report_progress,
                input_responses=answered,
                allow_input_required=able(context),
            )

        found = await gateway(params.input_responses)
        answered = await answers(context, found) if isinstance(found, types.InputRequiredResult) else None
        return found if answered is None else await gateway(answered)

    return Server("proctor", title="Proctor", on_list_tools=list_tools, on_call_tool=call)
