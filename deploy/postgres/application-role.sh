#!/bin/sh
# Runs once, when the database is created: the role that web and workers use. It owns nothing; migrations grant it rows.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$CWMS_APP_PASSWORD" --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE cwms_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
SQL
