"""The blueprint of all organization pages."""

from flask import Blueprint

blueprint = Blueprint("organizations", __name__)
