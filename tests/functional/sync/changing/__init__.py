"""Everything that can change in a company at each code host, chosen by chance."""
