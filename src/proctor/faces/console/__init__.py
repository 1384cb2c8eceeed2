"""Beside the stations: the console, pages for those who approve, operate and audit. Thin: `control` decides.

Rendered on the server, without scripts, from nobody else's addresses. In come requests with a cookie; out go pages.
Each asks `control` what the API would ask. Start reading at `routes`.
"""
