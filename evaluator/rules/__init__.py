"""Plain threshold rules: what they look at, when they fire, and how often they would for nothing."""
