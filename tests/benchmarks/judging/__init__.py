"""Throughput of judging: a fake Claude, a bare loop and Leadline, each in a process of its own."""
