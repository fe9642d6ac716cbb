"""`relay import --sketch`: a map drafted by the names of a file's columns and by what its first records hold."""
