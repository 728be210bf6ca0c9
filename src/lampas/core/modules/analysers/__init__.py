"""One folder a language: bytes of one revision → `Facts`. Pure, bounded, never executing."""
