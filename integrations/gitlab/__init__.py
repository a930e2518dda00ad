"""GitLab.com and self-managed GitLab: REST API v4, OAuth, webhooks."""

API = "/api/v4"
