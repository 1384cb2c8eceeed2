"""The demo: a throwaway PostgreSQL, a believable shop in it, and the 2 a.m. story played through real clients.

Start reading at `story`; `postgres` is the launcher that the tests use too. Imports nothing of `proctor`: the story
speaks to the gateway as everybody else does, over its ports and its command line.
"""
