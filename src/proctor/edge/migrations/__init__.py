"""The way of the state from each version to the next. Forward only; `edge.shelf` keeps a copy of the one before."""
