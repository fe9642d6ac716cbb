"""The front of the local stack: the relay's HTTP API at the root of an address of its own, http and https.

It stands where API Gateway stands in AWS, and does what an HTTP API does: it hands each request to the ingest function
(payload format 2.0) and the function's answer back. The emulator serves the API too, but below a path, which some SDKs
drop, and by plain HTTP, which others do not speak.
"""
