"""A house from a file: warehouses, goods, channels, carriers, as JSON; read it again after a change."""
