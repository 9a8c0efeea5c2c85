"""Pictures as bytes, drawn by matplotlib from plain data."""
