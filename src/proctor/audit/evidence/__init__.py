"""Beside the stations: the evidence pack, which an auditor checks without us. In goes the log; out come files.

`pack.build` copies a range of the signed log and writes what it says as reports, each a population with its
exceptions, a sample that nobody has picked, and proofs. `check.verify` trusts none of it: it makes the reports again
from the copied log and compares. Reads logs and nothing else; knows no settings, no store and no clock.
"""
