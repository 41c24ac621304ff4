"""A refused operation: a documented status and a sentence."""

from __future__ import annotations

from http import HTTPStatus


class Refused(Exception):  # noqa: N818 - an answer to a caller, not an error of this program
    """The operation is answered with `status` and `{"message": message}`, and nothing was changed."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        """Name the status the document gives for this case, and why."""
        super().__init__(message)
        self.status = status
        self.message = message
