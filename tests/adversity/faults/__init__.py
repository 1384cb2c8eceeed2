"""What can go wrong beneath the journal, made to go wrong."""
