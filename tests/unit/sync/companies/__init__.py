"""Small models of what each code host has, each with its own brute-force rule and the snapshot that it would give."""
