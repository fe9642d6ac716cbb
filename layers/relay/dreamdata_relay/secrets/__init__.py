"""The two kinds of key and the secrets that hold them."""
