"""The demo: a scripted week of traffic whose true changes are known, watched day by day."""
