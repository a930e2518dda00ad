"""Deployment settings: the only reader of the environment."""

from config.settings import Settings, SettingsError, SetupAccess

__all__ = ["Settings", "SettingsError", "SetupAccess"]
