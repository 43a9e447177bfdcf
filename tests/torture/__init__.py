"""The torture: the real product as processes on real servers, seeded harm done to it, and a verdict that can be red."""
