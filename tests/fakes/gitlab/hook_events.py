"""Which hooks hear of which event."""

import uuid
from collections.abc import Iterator

from tests.fakes.parts.routing import Json

from . import payloads
from .deliveries import Origin, send
from .model import Group, Hook, Membership, Project, Source, User
from .payloads import Change
from .server_core import Core

PUSHED_REFS_LIMIT = 3  # more branches and tags in one push: no hook at all
PROJECT_EVENTS_SINCE = (17, 6)


def origin(core: Core) -> Origin:
    return Origin(core.base_url, core.version, core.clock, core.auto_disable_hooks, core.hook_ca_file)


def refs_changed(core: Core, project: Project, user: User, changes: list[Change]) -> None:
    """After a push. Always moves the time of the last activity; fires hooks unless too many refs changed."""
    if not changes:
        return
    project.last_activity_at = core.clock.now()
    if len(changes) > PUSHED_REFS_LIMIT:
        return
    for change in changes:
        _push(core, project, user, change)
    body = payloads.repository_update(core, project, user, changes)
    _send(core, _system_hooks(core, "repository_update_events"), "System Hook", body)


def _push(core: Core, project: Project, user: User, change: Change) -> None:
    is_tag = change[0].startswith("refs/tags/")
    flag, header = ("tag_push_events", "Tag Push Hook") if is_tag else ("push_events", "Push Hook")
    body = payloads.push(core, project, user, change)
    hooks = [hook for hook in _hooks_around(core, project.source, flag) if is_tag or _wants_branch(hook, change[0])]
    _send(core, hooks, header, body)
    _send(core, _system_hooks(core, flag), "System Hook", payloads.for_system_hook(core, project, body))


def _wants_branch(hook: Hook, ref: str) -> bool:
    wanted = hook.push_events_branch_filter
    return not wanted or ref.removeprefix("refs/heads/") == wanted


def release_made(core: Core, project: Project, tag: str) -> None:
    hooks = _hooks_around(core, project.source, "releases_events")
    _send(core, hooks, "Release Hook", payloads.release(core, project, tag, "create"))


def membership_changed(core: Core, membership: Membership, what: str) -> None:
    """`what` is add, update or remove. Group hooks hear only of groups; project members are for system hooks."""
    ending = {"add": "add_to", "update": "update_for", "remove": "remove_from"}[what]
    if membership.source.kind == "project":
        body = payloads.project_member(core, membership, f"user_{ending}_team")
    else:
        body = payloads.group_member(core, membership, f"user_{ending}_group")
        _send(core, _hooks_around(core, membership.source, "member_events"), "Member Hook", body)
    _send(core, _system_hooks(core), "System Hook", body)


def group_changed(core: Core, group: Group, what: str) -> None:
    """`what` is create or destroy."""
    if group.parent_id is not None:
        parent = Source("group", group.parent_id)
        hooks = _hooks_around(core, parent, "subgroup_events")
        _send(core, hooks, "Subgroup Hook", payloads.subgroup(core, group, f"subgroup_{what}"))
    _send(core, _system_hooks(core), "System Hook", payloads.group_event(core, group, f"group_{what}"))


def project_changed(core: Core, project: Project, what: str, **more: object) -> None:
    """`what` is create, destroy, rename, transfer or update; group hooks hear only of the first two."""
    body = payloads.project_event(core, project, f"project_{what}") | more
    if what in {"create", "destroy"} and core.version_number >= PROJECT_EVENTS_SINCE:
        _send(core, _hooks_around(core, Source("group", project.group_id), "project_events"), "Project Hook", body)
    _send(core, _system_hooks(core), "System Hook", body)


def tell_system_hooks(core: Core, body: Json) -> None:
    _send(core, _system_hooks(core), "System Hook", body)


def user_changed(core: Core, user: User, what: str) -> None:
    tell_system_hooks(core, payloads.user_event(core, user, f"user_{what}"))


def test_hook(core: Core, hook: Hook, project: Project, user: User, trigger: str) -> None:
    """What the Test button sends: the newest commit as a push, or the newest tag."""
    repository = core.repository(project)
    is_tag = trigger == "tag_push_events"
    refs = [name for name in repository.refs if name.startswith("refs/tags/" if is_tag else "refs/heads/")]
    ref = refs[-1] if refs else next(iter(repository.refs))
    header = "Tag Push Hook" if is_tag else "Push Hook"
    target = repository.refs[ref]
    _send(core, [hook], header, payloads.push(core, project, user, (ref, target, target)))


def _hooks_around(core: Core, source: Source, flag: str) -> list[Hook]:
    """Hooks of the source and of every group above it."""
    found: Iterator[Hook] = (
        hook for place in core.state.sources(source) for hook in core.state.hooks_of(place.kind, place.id)
    )
    return [hook for hook in found if hook.events.get(flag) and (hook.kind == "project" or core.premium)]


def _system_hooks(core: Core, flag: str | None = None) -> list[Hook]:
    return [hook for hook in core.state.hooks_of("system", 0) if flag is None or hook.events.get(flag)]


def _send(core: Core, hooks: list[Hook], header: str, body: Json) -> None:
    event_uuid = str(uuid.uuid4())
    for hook in hooks:
        send(core.sender, origin(core), hook, header, body, event_uuid)
