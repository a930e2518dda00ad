"""Changes that GitLab tells its hooks about: members, groups, projects, users and refs."""

from dataclasses import replace
from datetime import date, datetime

from tests.fakes.parts.repository import Repository

from . import hook_events, payloads
from .model import Group, MemberRole, Membership, Project, Source, User, Visibility
from .server_core import Core


def add_member(
    core: Core,
    source: Source,
    user: User,
    level: int,
    expires_on: date | None = None,
    *,
    awaiting: bool = False,
    role: MemberRole | None = None,
    created_at: datetime | None = None,
) -> Membership:
    """Raises ValueError for a level that GitLab would not store."""
    if not 5 <= level <= 50 or (level == 5 and not _is_top_group(core, source)):
        raise ValueError(f"level {level} in {source}")
    with core.state.lock:
        now = created_at or core.clock.now()
        membership = Membership(source, user.id, level, now, expires_on, awaiting, role)
        core.state.put_membership(membership)
        hook_events.membership_changed(core, membership, "add")
    return membership


def _is_top_group(core: Core, source: Source) -> bool:
    return source.kind == "group" and core.state.groups[source.id].parent_id is None


def update_member(core: Core, membership: Membership, *, level: int, expires_on: date | None = None) -> None:
    with core.state.lock:
        membership.level, membership.expires_on = level, expires_on
        hook_events.membership_changed(core, membership, "update")


def remove_member(core: Core, source: Source, user: User) -> None:
    """Raises KeyError when there is no direct membership."""
    with core.state.lock:
        membership = core.state.drop_membership(source, user.id)
        hook_events.membership_changed(core, membership, "remove")


def set_user_state(core: Core, user: User, state: str) -> None:
    """Block, deactivate, ban or activate. GitLab tells nobody."""
    with core.state.lock:
        user.state = state


def delete_user(core: Core, user: User) -> None:
    with core.state.lock:
        for membership in [each for each in core.state.memberships.values() if each.user_id == user.id]:
            core.state.drop_membership(membership.source, user.id)
        del core.state.users[user.id]
        hook_events.user_changed(core, user, "destroy")


def create_group(core: Core, path: str, name: str, parent: Group | None, visibility: Visibility) -> Group:
    with core.state.lock:
        parent_id = None if parent is None else parent.id
        group = Group(core.state.next_id("namespaces"), name, path, parent_id, visibility, core.clock.now())
        core.state.groups[group.id] = group
        hook_events.group_changed(core, group, "create")
    return group


def rename_group(core: Core, group: Group, path: str) -> None:
    """The old paths of the projects below answer 301; GitLab tells system hooks of the group only."""
    with core.state.lock:
        old = core.state.full_path(group)
        below = [each for each in core.state.projects.values() if _is_below(core, each, group)]
        for project in below:
            core.state.moved_projects[core.state.project_path(project).lower()] = project.id
        old_path, group.path = group.path, path
        for project in below:
            core.state.moved_projects.pop(core.state.project_path(project).lower(), None)
        body = payloads.group_event(core, group, "group_rename")
        hook_events.tell_system_hooks(core, body | {"old_path": old_path, "old_full_path": old})


def _is_below(core: Core, project: Project, group: Group) -> bool:
    return core.state.is_below(core.state.groups[project.group_id], group.id)


def delete_group(core: Core, group: Group) -> None:
    """With everything below it."""
    with core.state.lock:
        for child in core.state.subgroups(group.id):
            delete_group(core, child)
        for project in [each for each in core.state.projects.values() if each.group_id == group.id]:
            delete_project(core, project)
        hook_events.group_changed(core, group, "destroy")
        _drop_rows(core, group.source)
        for share in [each for each in core.state.shares.values() if each.group_id == group.id]:
            core.state.drop_share(share.source, group.id)
        del core.state.groups[group.id]


def create_project(core: Core, project: Project, default_branch: str) -> Project:
    with core.state.lock:
        core.state.projects[project.id] = project
        core.state.repositories[project.id] = Repository(core.root / f"{project.id}.git", default_branch)
        core.state.moved_projects.pop(core.state.project_path(project).lower(), None)
        hook_events.project_changed(core, project, "create")
    return project


def delete_project(core: Core, project: Project) -> None:
    with core.state.lock:
        hook_events.project_changed(core, project, "destroy")
        _drop_rows(core, project.source)
        del core.state.projects[project.id]
        del core.state.repositories[project.id]


def move_project(core: Core, project: Project, *, path: str | None = None, group: Group | None = None) -> None:
    """Rename and/or transfer; the old path answers 301 until somebody else takes it."""
    with core.state.lock:
        old = core.state.project_path(project)
        project.path = path or project.path
        project.group_id = group.id if group else project.group_id
        core.state.moved_projects[old.lower()] = project.id
        core.state.moved_projects.pop(core.state.project_path(project).lower(), None)
        what = "transfer" if group else "rename"
        hook_events.project_changed(core, project, what, old_path_with_namespace=old)


def update_project(core: Core, project: Project, **values: object) -> None:
    """Set attributes of a project such as visibility, archived or repository_access_level."""
    with core.state.lock:
        changed = replace(project, **values)  # type: ignore[arg-type]
        for name in values:
            setattr(project, name, getattr(changed, name))
        hook_events.project_changed(core, project, "update")


def _drop_rows(core: Core, source: Source) -> None:
    for user_id in list(core.state.members_of.get(source, {})):
        core.state.drop_membership(source, user_id)
    for group_id in list(core.state.shares_of.get(source, {})):
        core.state.drop_share(source, group_id)
    for hook in list(core.state.hooks_of(source.kind, source.id)):
        del core.state.hooks[hook.id]
