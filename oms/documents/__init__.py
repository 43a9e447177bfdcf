"""Papers as bytes: pick lists, packing slips, confirmations, hand-over lists and labels, stored with hash and kind."""
