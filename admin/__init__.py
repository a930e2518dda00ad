"""Administration of the instance: integrations, people, settings, activity, health."""
