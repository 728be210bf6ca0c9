"""The application under measurement: each request connects to the database anew, the worst case for its password."""

import os

import pymysql

EDITION = os.environ.get("EDITION", "0")
WHERE = {"host": os.environ["DB_HOST"], "port": int(os.environ["DB_PORT"]), "database": os.environ["DB_NAME"]}
WHO = {"user": os.environ["DB_USER"], "password": os.environ["DB_PASSWORD"]}


def application(_environ, start_response):
    """One query over a connection of its own."""
    with pymysql.connect(**WHERE, **WHO) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_USER()")
        body = f"{cursor.fetchone()[0]} {EDITION}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
