"""The story of one session: stations 2 to 9 in their fixed order, async but socketless.

Read `relay` first: `Relay.client_said` is the way to the database, `Relay.upstream_said` the way back. `judge` holds
stations 3 and 4, `ports` what the story needs from the world
outside, `namespace` and `view` what a session remembers.
"""
