"""How Alembic runs this project's revisions. demijohn does the work; add what is special to yours."""

from demijohn.migrations.environment import run

run()
