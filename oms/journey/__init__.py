"""The life of an order as data: steps, history, holds, clocks, policy."""
