"""What GitHub Actions says to this project and hears of it: its events, its log, summaries and comments."""
