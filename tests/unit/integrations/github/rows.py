"""Small rows as GitHub sends them, for tests of conversion and of scripted answers."""

from typing import Any

from integrations.fields import JsonObject

BASE = "https://github.example.test"


def user(number: int, login: str, **others: Any) -> JsonObject:
    return {"id": number, "login": login, "type": "User", "node_id": f"U_{number}", **others}


def organization(number: int = 501, login: str = "acme", **others: Any) -> JsonObject:
    named = {"id": number, "login": login, "node_id": f"O_{number}", "name": "Acme Ltd", "type": "Organization"}
    return {**named, **others}


def team(number: int, slug: str, **others: Any) -> JsonObject:
    return {"id": number, "slug": slug, "name": slug.title(), "parent": None, **others}


def repository(number: int = 31, name: str = "logging", **others: Any) -> JsonObject:
    return {
        "id": number,
        "node_id": f"R_{number}",
        "name": name,
        "full_name": f"acme/{name}",
        "owner": {"id": 501, "login": "acme", "type": "Organization"},
        "private": True,
        "visibility": "private",
        "archived": False,
        "disabled": False,
        "default_branch": "main",
        "pushed_at": "2026-11-20T10:00:00Z",
        "updated_at": "2026-11-19T10:00:00Z",
        **others,
    }


def permissions(*names: str) -> JsonObject:
    return {name: name in names for name in ("admin", "maintain", "push", "triage", "pull")}


def collaborators(*logins: str, total: int | None = None, cursor: str | None = None) -> JsonObject:
    """A page of collaborators as GraphQL gives it; people are numbered by the length of their login."""
    edges: list[Any] = [{"permission": "READ", "node": {"databaseId": len(login), "login": login}} for login in logins]
    return {
        "totalCount": len(logins) if total is None else total,
        "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor},
        "edges": edges,
    }
