"""`relay`, the operator's command: see a stack, send to it, watch it, mend what lies in its dead-letter queue."""
