"""What a tracking plan costs."""
