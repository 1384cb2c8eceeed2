"""Sockets, logins, keys and storage: where the house meets the world. Start reading at `config`."""
