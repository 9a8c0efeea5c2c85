"""How fast the pages are over a million samples and ten million verdicts, and what they cost those who send samples."""
