"""Samples as people look at them: searched, told as a conversation, judged again, and written to files."""
