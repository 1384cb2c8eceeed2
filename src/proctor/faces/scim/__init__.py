"""Beside the stations: SCIM 2.0, by which the company's directory tells of people and groups (RFC 7643, RFC 7644)."""
