"""Back-test: history once more, look by look, with the product's own monitors and rules."""
