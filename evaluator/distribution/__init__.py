"""How the votes of a metric are spread over its values or labels, before and now."""
