"""Masks keys in the refused events of one request."""

from collections.abc import Sequence

from dreamdata_relay.messages.masking import masked_each


class RequestMasks:
    """Masks ``keys`` in the dead letters of one request, and in what all of its events share once."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = keys
        self._shared: dict[bytes, bytes] = {}

    def each(self, texts: Sequence[bytes]) -> list[bytes]:
        """Return the texts of events with the keys masked."""
        decoded = [text.decode("utf-8", "replace") for text in texts]
        return [text.encode() for text in masked_each(decoded, self._keys)]

    def shared(self, text: bytes | None) -> bytes | None:
        """Return the same of an object that events of several parts share."""
        if not text:
            return None
        if text not in self._shared:
            (self._shared[text],) = self.each([text])
        return self._shared[text]
