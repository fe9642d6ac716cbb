"""The two kinds of keys and the secrets that hold them."""
