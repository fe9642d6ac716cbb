"""relay check: what keeps events from being of use in Dreamdata, found before they are sent."""
