"""Why are there no verdicts? The first thing that is wrong, in the order in which one causes the next."""
