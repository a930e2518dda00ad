"""GitLab.com and GitLab Self-Managed (CE and EE)."""
