"""What is fast, proved: each benchmark prints its figure beside a stated limit."""
