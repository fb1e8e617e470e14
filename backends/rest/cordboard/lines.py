"""HTTP to a server of our own, whose refusals carry the very error that its backend raised."""

from __future__ import annotations

from backends import wire
from backends.errors import BackendError, Invalid
from backends.rest.answers import Unreadable, json_from
from backends.rest.http import Http
from backends.rest.transfer import Reply


class DeskHttp(Http):
    """An `Http` that raises the error told by the server; any other refusal stays what its status says."""

    def _refused(self, reply: Reply) -> BackendError:
        told = self._told(reply)
        return super()._refused(reply) if told is None else told

    def _told(self, reply: Reply) -> BackendError | None:
        try:
            body = json_from(reply.body)
            if not isinstance(body, dict) or "error" not in body:
                return None
            error = wire.built_error(body["error"], source=self.access.name)
        except (Unreadable, Invalid):
            return None
        error.status = reply.status
        return error
