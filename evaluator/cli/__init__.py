"""The command line: `leadline`. The UI's package adds the commands that show it."""
