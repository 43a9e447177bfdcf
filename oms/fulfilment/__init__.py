"""What one warehouse ships of an order: fulfilments, waves, pick lists, routes, picking, packing and cartons."""
