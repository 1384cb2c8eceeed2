"""Made-up tables with known answers, for the column benchmark: people and things in several languages and spellings.

`cultures` holds words of our own, `numbers` computes identifiers, `kinds` says what a column of a kind holds and is
called, `making` puts tables together. `held_out` does the same from other sources: Faker's data of other countries, and
ways of naming that the rules were not tried on.
"""
