"""What was asked for once is carried out once."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from lampas.errors import Denied


@dataclass
class Nonces:
    """Nonces that were seen: the same one never counts twice, as long as its signature could still count."""

    _seen: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, nonce: str, expires: int) -> None:
        """Uses a nonce up.

        Args:
            nonce: The document's.
            expires: Unix seconds after which the document is refused anyway.

        Raises:
            Denied: It was used before.
        """
        with self._lock:
            now = int(time.time())
            self._seen = {seen: until for seen, until in self._seen.items() if until >= now}
            if nonce in self._seen:
                raise Denied("this task was carried out before")
            self._seen[nonce] = expires
