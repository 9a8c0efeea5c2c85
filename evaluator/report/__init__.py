"""The report of a day or a week: what is in it, how it reads as a page and as text, and when it is sent by itself."""
