"""Error answers in the form that every part of the API uses."""

from tests.fakes.parts.routing import ApiError, Json


def failure(status: int, message: str, detail: object = None, *, headers: dict[str, str] | None = None) -> ApiError:
    error: Json = {"message": message}
    if detail is not None:
        error["detail"] = detail
    return ApiError(status, {"type": "error", "error": error}, headers)


def not_found(message: str = "Resource not found") -> ApiError:
    return failure(404, message)


def removed() -> ApiError:
    """What the lists across all workspaces answer since 2026."""
    url = "https://developer.atlassian.com/cloud/bitbucket/changelog/#CHANGE-2770"
    error: Json = {"message": "CHANGE-2770 - Functionality has been deprecated", "detail": "This API has been removed."}
    return ApiError(410, {"type": "error", "error": error | {"data": {"announcement_url": url}}})


def bad_request(message: str, detail: str | None = None) -> ApiError:
    return failure(400, message, detail)
