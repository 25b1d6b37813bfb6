"""Flask-Admin, fresh for every application."""

from pathlib import Path

from flask import Flask

from demijohn.admin.board.page import IndexView
from demijohn.admin.board.tables import table_of
from demijohn.admin.board.tiles import Dashboard, dashboard_of
from demijohn.admin.building import add_views
from demijohn.admin.checks import CHECKS
from demijohn.admin.exports.background import EXPORT_JOB
from demijohn.admin.finding.page import SearchPage
from demijohn.admin.formats.checks import FORMAT_CHECKS
from demijohn.admin.formats.page import MarkdownPage
from demijohn.admin.imports.models import AdminImport
from demijohn.admin.imports.pruning import PRUNING
from demijohn.admin.imports.running import JOBS as IMPORT_JOBS
from demijohn.admin.imports.undoing import UNDO_JOB
from demijohn.admin.jobs.models import AdminFile, AdminFilePart, AdminJob
from demijohn.admin.jobs.notices import followed_jobs
from demijohn.admin.jobs.pages import JobsPage
from demijohn.admin.jobs.pruning import JOBS
from demijohn.admin.jobs.runner import KEY as JOBS_KEY
from demijohn.admin.jobs.runner import Jobs
from demijohn.admin.limits import LimitsPage
from demijohn.admin.longactions import ACTION_JOB
from demijohn.admin.matrix import RightsPage
from demijohn.admin.ownpages import know_permission
from demijohn.admin.preferences.models import Preference
from demijohn.admin.preferences.page import PreferencesPage
from demijohn.admin.queries.models import SavedQuery
from demijohn.admin.savedviews.models import SavedView
from demijohn.admin.savedviews.page import SavedViewsPage
from demijohn.admin.settings import AdminSettings
from demijohn.admin.site import DemijohnAdmin
from demijohn.admin.theme import add_theme, wear
from demijohn.admin.uploads.checks import UPLOAD_CHECKS
from demijohn.admin.uploads.lifetime import listen
from demijohn.admin.uploads.page import FilesPage
from demijohn.admin.uploads.pruning import UPLOADS
from demijohn.admin.uploads.store import open_folder
from demijohn.admin.words import speak
from demijohn.assets import static_blueprint
from demijohn.battery import Battery
from demijohn.commands import LazyGroup
from demijohn.database.base import db

HERE = Path(__file__).parent
face = static_blueprint("demijohn_admin", HERE / "static", "/_demijohn/admin")
add_theme(face)


def init(app: Flask, section: AdminSettings) -> None:
    app.extensions["demijohn.admin"] = Dashboard()
    admin = DemijohnAdmin(
        app,
        name=wear(app, section).name,
        index_view=IndexView(name="Dashboard"),
        csp_nonce_generator=app.jinja_env.globals.get("csp_nonce"),
    )
    speak(app)
    app.jinja_env.globals["dm_table"] = table_of
    add_views(app, admin, section)
    admin.add_view(
        RightsPage(name="Permissions", category="Administration", endpoint="admin-rights", url="/admin/role/rights")
    )
    admin.add_view(
        LimitsPage(name="Sign-in limits", category="Administration", endpoint="admin-limits", url="/admin/-/limits")
    )
    admin.add_view(SavedViewsPage(name="Saved views", endpoint="admin-saved-views", url="/admin/saved-views"))
    admin.add_view(PreferencesPage(name="Preferences", endpoint="admin-preferences", url="/admin/-/preferences"))
    admin.add_view(SearchPage(name="Search", endpoint="admin-search", url="/admin/global-search"))
    admin.add_view(MarkdownPage(name="Markdown", endpoint="admin-markdown", url="/admin/-/markdown"))
    start_jobs(app, admin)
    open_folder(app, section)
    listen(db.session)
    admin.add_view(FilesPage(name="Files", endpoint="admin-files", url="/admin/-/files"))
    if section.sql.enabled:
        add_queries(app, admin)


def add_queries(app: Flask, admin: DemijohnAdmin) -> None:
    """Saved queries, their page, their tiles and the permission to write them; what is off is not imported."""
    from demijohn.admin.queries.access import WRITE
    from demijohn.admin.queries.pages import QueriesPage
    from demijohn.admin.queries.tiles import query_tiles

    know_permission(app, WRITE)
    dashboard_of(app).sources.append(query_tiles)
    admin.add_view(
        QueriesPage(name="Queries", category="Administration", endpoint="admin-queries", url="/admin/-/queries")
    )


def start_jobs(app: Flask, admin: DemijohnAdmin) -> None:
    """Slow work: its queue, its page, and the notice when it ends."""
    jobs = app.extensions[JOBS_KEY] = Jobs(app)
    for kind in (EXPORT_JOB, *IMPORT_JOBS, UNDO_JOB, ACTION_JOB):
        jobs.add(kind)
    app.before_request(jobs.look_once)
    app.jinja_env.globals["dm_jobs"] = followed_jobs
    admin.add_view(
        JobsPage(name="Background work", category="Administration", endpoint="admin-jobs", url="/admin/-/jobs")
    )


def models(section: AdminSettings) -> tuple[type, ...]:
    del section
    return (AdminJob, AdminFile, AdminFilePart, AdminImport, SavedView, SavedQuery, Preference)


battery = Battery(
    name="admin",
    section=AdminSettings,
    init=init,
    needs=("auth",),
    after=("audit",),
    models=models,
    jobs=(*JOBS, PRUNING, UPLOADS),
    commands=(
        LazyGroup("action", home="demijohn.admin.cli:group", help="Run the dashboard's actions."),
        LazyGroup("sql", home="demijohn.admin.queries.cli:group", help="Saved queries of the dashboard."),
    ),
    blueprints=(face,),
    templates=HERE / "templates",
    checks=(*CHECKS, *UPLOAD_CHECKS, *FORMAT_CHECKS),
)
