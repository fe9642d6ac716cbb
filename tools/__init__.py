"""What makes, builds, checks and locks the project; nothing here runs in AWS."""
