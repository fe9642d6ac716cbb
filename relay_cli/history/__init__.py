"""`relay import`: a file of history becomes events, and they go through the relay's own front door.

A file is checked as a whole (``checking``), read record by record (``csv_records``, ``json_records``), each record
becomes events by the map (``map_reading``, ``mapping``) with ids that a second run repeats (``ids``), events are read
by the relay's own rules (``reading``), posted in batches (``importing``, ``posting``), and what was taken is kept
beside the file (``journal``).
"""
