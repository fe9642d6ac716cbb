"""`relay import`: a file of history becomes events, and they go through the relay's own front door.

A file is checked as a whole (:mod:`checking`), read record by record (:mod:`csv_records`, :mod:`json_records`), each
record becomes events by the map (:mod:`map_reading`, :mod:`mapping`) with ids that a second run repeats (:mod:`ids`),
events are read by the relay's own rules (:mod:`reading`), posted in batches (:mod:`posting`), and what was taken is
kept beside the file (:mod:`journal`).
"""
