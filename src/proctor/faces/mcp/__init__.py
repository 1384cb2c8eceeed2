"""Beside the stations: the Model Context Protocol, for agents. Start reading at `server`.

`door` finds out who asks, `tools` lists what may be asked, `server` answers, `telling` puts answers into words,
`asking` asks a client's person for the reason that is missing, and `sessions` keeps what older clients need for that.
"""
