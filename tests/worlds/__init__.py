"""The law of two worlds, through the real gateway: generated statements tell two databases apart by nothing."""
