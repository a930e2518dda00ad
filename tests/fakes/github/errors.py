"""GitHub's error answers."""

from tests.fakes.parts.routing import ApiError, Json

DOCS = "https://docs.github.com/rest"
LIMITS = f"{DOCS}/using-the-rest-api/rate-limits-for-the-rest-api"


def error(status: int, message: str, headers: dict[str, str] | None = None, *, docs: str = DOCS) -> ApiError:
    return ApiError(status, {"message": message, "documentation_url": docs, "status": str(status)}, headers)


def not_found() -> ApiError:
    return error(404, "Not Found")


def forbidden(message: str) -> ApiError:
    return error(403, message)


def unauthorized(message: str = "Requires authentication") -> ApiError:
    return error(401, message)


def invalid(*errors: Json) -> ApiError:
    """422 with what is wrong."""
    body: Json = {"message": "Validation Failed", "errors": list(errors), "documentation_url": DOCS, "status": "422"}
    return ApiError(422, body)


def wrong_field(resource: str, field: str, code: str = "invalid") -> Json:
    return {"resource": resource, "field": field, "code": code}


def custom(resource: str, message: str) -> Json:
    return {"resource": resource, "code": "custom", "message": message}


def suspended() -> ApiError:
    return error(403, "Sorry. Your account was suspended")


def not_for_apps() -> ApiError:
    return error(403, "Resource not accessible by integration")


def saml(organization_url: str) -> ApiError:
    url = f"{organization_url}/sso?authorization_request=A{'0' * 8}"
    message = (
        "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this "
        "organization."
    )
    return error(403, message, {"X-GitHub-SSO": f"required; url={url}"})


def restricted(login: str) -> ApiError:
    return error(403, f"The `{login}` organization has enabled OAuth App access restrictions.")
