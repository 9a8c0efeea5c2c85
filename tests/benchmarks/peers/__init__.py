"""The detector beside Evidently, river and plain rules, on the same streams."""
