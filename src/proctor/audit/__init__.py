"""What happened, provably. Start at `journal` (a worker appends), then `tlog` (control makes it tamper-evident).

    record     what a record says, and its bytes           tlog, tiles, note  the Merkle log: C2SP tiles, checkpoints
    journal    durable append, one shard for each worker   integrator         moves the shards' records into the log
    segments   how records lie on disk                     proof, verify      proves one record; re-checks all of them
    sync       fdatasync, away from the event loop         search, sinks, ocsf  finds, forwards and translates them

May import `errors` and `terms`. Knows nothing of SQL, rules or the wire.
"""
