#!/bin/sh
# Runs once, when the database volume is empty: the owner of the tables and the application's role.
# The embedded database gets the same ones from feedback_system/embedded/postgres.py.
set -eu
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=owner="$HUIYIN_OWNER_PASSWORD" --set=app="$HUIYIN_APP_PASSWORD" <<'SQL'
CREATE ROLE huiyin LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app';
CREATE ROLE huiyin_owner LOGIN NOSUPERUSER CREATEDB NOCREATEROLE PASSWORD :'owner';
ALTER ROLE huiyin SET statement_timeout = '15s';
ALTER ROLE huiyin SET lock_timeout = '5s';
ALTER ROLE huiyin SET idle_in_transaction_session_timeout = '30s';
GRANT huiyin TO huiyin_owner;
CREATE DATABASE huiyin OWNER huiyin_owner;
REVOKE ALL ON DATABASE huiyin FROM PUBLIC;
GRANT CONNECT ON DATABASE huiyin TO huiyin;
SQL
