"""Benchmarks: the same load directly, through pgbouncer and through Proctor, in turns on the same machine.

`stage` starts the three; `pgbench` plays small queries, `bulk` reads many rows with and without masks. A number by
itself says little on a shared machine: look at the ratios, and at the CPU time per query, which is the sturdier of the
two.
"""
