"""Settings, and the composition root: start, stop, reload. Nothing imports it but `cli`."""
