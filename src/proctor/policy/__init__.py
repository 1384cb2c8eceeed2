"""Station 4: policy. An `Analysis` and an `Identity` become a `Decision`, and masks hide what may not be seen.

Pure: no clock, no sockets, and no files but the rule files that `Rules.load` is told to read. May import `errors` and
`terms`, and knows none of the other rooms. Start reading at `decide`; the shipped rules are in `pack/`.
"""
