"""Rows of Bitbucket Cloud's API as the tests of pure code take them."""

from integrations.fields import JsonObject

BASE = "https://bitbucket.org"
ANN = "{35f4f60d-2941-5f29-bcff-62e51c272c68}"
WORKSPACE = "{7efecc64-b5ed-5dbf-b379-90a0ffcfe6df}"
REPOSITORY = "{3a0c5f2e-6f4b-4c57-9d0e-31aa31aa31aa}"
HOOK = "{73be793c-a7fd-5336-9162-17b348790221}"

USER: JsonObject = {
    "type": "user",
    "uuid": ANN,
    "nickname": "ann",
    "display_name": "Ann Almond",
    "links": {"avatar": {"href": "https://avatars.example.com/ann"}, "html": {"href": "javascript:alert(1)"}},
    "surprise": [],
}
WORKSPACE_ROW: JsonObject = {
    "type": "workspace",
    "uuid": WORKSPACE,
    "slug": "acme",
    "name": "Acme",
    "is_private": True,
    "links": {"avatar": {"href": "https://avatars.example.com/acme"}, "html": {"href": "https://elsewhere.test/"}},
}
REPOSITORY_ROW: JsonObject = {
    "type": "repository",
    "uuid": REPOSITORY.upper(),
    "name": "Logging",
    "full_name": "acme/logging",
    "is_private": True,
    "mainbranch": {"type": "branch", "name": "main"},
    "updated_on": "2026-02-03T04:05:06.789000+00:00",
    "workspace": {"uuid": WORKSPACE, "slug": "acme"},
    "links": {"clone": [{"name": "https", "href": "https://ann@bitbucket.org/acme/logging.git"}]},
}
HOOK_ROW: JsonObject = {
    "type": "webhook_subscription",
    "uuid": HOOK,
    "url": "https://repertory.test/hooks/7",
    "active": True,
    "events": ["repo:push", "repo:created"],
    "secret_set": True,
}
