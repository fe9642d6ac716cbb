"""dreamdata_relay: the domain of the relay, shared by the ingest and the deliver function.

The modules of this package are pure: they import neither boto3 nor urllib3 nor os. What talks to AWS or to
Dreamdata lives in :mod:`dreamdata_relay.adapters`; the functions' handlers only translate their trigger.
"""

__version__ = "0.1.0"
