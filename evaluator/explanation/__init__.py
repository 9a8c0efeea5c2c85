"""What happened: one monitor's change split into mix and the rest, its slices, and whether other requests came."""
