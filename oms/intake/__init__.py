"""From the raw inbound message to one order."""
