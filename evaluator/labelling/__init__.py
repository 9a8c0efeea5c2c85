"""People label samples by a judge's criterion: which one is next, what they said, and how well the judge agrees."""
