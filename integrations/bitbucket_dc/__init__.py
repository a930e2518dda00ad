"""Bitbucket Data Center and Bitbucket Server: REST API, OAuth, webhooks."""

API = "/rest/api/latest"
