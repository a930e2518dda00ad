"""The blueprint of accounts, on which the modules with views hang theirs."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)
