"""A session for every story, opened before it and closed after it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.stories.house import COPILOT, Story, opened


@pytest_asyncio.fixture
async def story() -> AsyncIterator[Story]:
    """Alice's session: a person, in production, adaptive."""
    async with opened() as made:
        yield made


@pytest_asyncio.fixture
async def strict() -> AsyncIterator[Story]:
    """Alice's session where every record is on disk before its statement leaves."""
    async with opened(strict=True) as made:
        yield made


@pytest_asyncio.fixture
async def agent() -> AsyncIterator[Story]:
    """The session of an agent, whose writes are held."""
    async with opened(asker=COPILOT) as made:
        yield made
