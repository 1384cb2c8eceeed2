"""Stations 2 and 8, wire: bytes to talk and back, without any I/O.

Imports `terms` and `errors` and nothing else of the house; no asyncio, socket, ssl or clock. Start reading at
`postgres` (the two legs) and `talk` (what they say); `_hot` is the compiled heart, `messages` builds what we say
ourselves, `types` knows how a value looks, `copy` masks COPY, `scram` proves passwords.
"""
