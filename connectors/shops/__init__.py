"""What the web-shop channels need besides translating: amounts, and the HTTP side of each shop."""
