"""The blueprint of the administration, on which the modules with views hang theirs."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
