"""Walking a list page by page, which must end."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from regbulk.api.answers import Page
from regbulk.errors import ApiError

log = logging.getLogger(__name__)


async def walk(follow: Callable[[str | None], Awaitable[Page]], *, method: str, url: str) -> AsyncIterator[Page]:
    """Pages until there is no cursor; what is kept of a cursor is its hash, as a walk may have 100,000 of them.

    Args:
        follow: gets the page of a cursor, the first for None.
        method: of the requests, for messages.
        url: of the requests, for messages.

    Raises:
        ApiError: a cursor came a second time, so the walk would never end.
    """
    seen = set[bytes]()
    cursor: str | None = None
    while True:
        page = await follow(cursor)
        if page.strays:
            log.warning("%s %s: left out %d values that are no registrations", method, url, len(page.strays))
        yield page
        cursor = page.cursor
        if cursor is None:
            return
        mark = hashlib.blake2b(cursor.encode(errors="surrogatepass"), digest_size=16).digest()
        if mark in seen:
            problem = f"the cursor after page {len(seen) + 1} was given out before: the list would never end"
            raise ApiError(problem, method=method, url=url)
        seen.add(mark)
