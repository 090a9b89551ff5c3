#!/bin/sh
# Runs once, when the database is created: the roles of the web and of the workers. They own nothing; migrations grant them
# rows. Workers write by COPY, which a table with row-level security takes from a role alone that it does not bind.
# A database that was created before there were two of them gets the second by hand, and `prepare` does the rest.
set -eu
psql --set=ON_ERROR_STOP=1 --set=app="$CWMS_APP_PASSWORD" --set=worker="$CWMS_WORKER_PASSWORD" \
    --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE cwms_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app';
CREATE ROLE cwms_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS PASSWORD :'worker';
SQL
