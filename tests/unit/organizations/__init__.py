"""Parts of the organization pages that need no database."""
