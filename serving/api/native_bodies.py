"""How the bodies of native BentoML APIs are taken in: as bytes, past the framework's own deserialisers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import ConfigDict, GetCoreSchemaHandler, PrivateAttr
from pydantic_core import CoreSchema

from serving.access.principal import Principal, principal_of
from serving.api.bento_framework import IODescriptor

if TYPE_CHECKING:
    from starlette.requests import Request


class Native(IODescriptor):  # type: ignore[misc]
    """A body of a native BentoML API."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's own schema: BentoML's version is for files and tensors, and calls what is deprecated."""
        return handler(source)


class Posted(Native):
    """A body that is handed to the API method unread, so that every fault in it becomes a problem detail.

    BentoML by itself would validate it first and answer in a shape of its own.
    """

    _body: bytes | None = PrivateAttr(None)
    _principal: Principal | None = PrivateAttr(None)

    @classmethod
    async def from_http_request(cls, request: Request, serde: Any) -> Self:
        """Keeps the body's bytes; BentoML's deserialisers (pickle is one of them) are passed by."""
        posted: Self = cls.model_construct()
        posted._body = await request.body()
        posted._principal = principal_of(request.scope)
        return posted

    @property
    def principal(self) -> Principal:
        """Who calls. Only the door lets calls in, so there is always one; without, nothing is answered."""
        if self._principal is None:
            raise RuntimeError("a call came past the door")
        return self._principal

    @property
    def body(self) -> bytes:
        """The bytes as they came; of a request made in Python, the same as they would have come."""
        return self.model_dump_json().encode() if self._body is None else self._body
