"""Where a gap comes from: contributions of source columns to a difference between two groups."""
