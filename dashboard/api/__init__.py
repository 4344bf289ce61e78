"""The JSON API: what other programs read, and how mistakes are told to them."""
