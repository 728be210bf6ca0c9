"""The tutorial's blog: a user registers, logs in, writes, edits and deletes."""

import tempfile

from flaskr import create_app
from flaskr.db import init_db
from werkzeug.test import Client

with tempfile.TemporaryDirectory() as folder:
    app = create_app({"TESTING": True, "SECRET_KEY": "x", "DATABASE": f"{folder}/blog.sqlite"})
    with app.app_context():
        init_db()
    visitor = Client(app)
    for page in ("/", "/auth/register", "/auth/login", "/static/style.css", "/nothing"):
        visitor.get(page)
    account = {"username": "ada", "password": "secret"}
    visitor.post("/auth/register", data=account)
    visitor.post("/auth/login", data=account)
    visitor.get("/create")
    visitor.post("/create", data={"title": "One", "body": "words"})
    for page in ("/", "/1/update", "/9/update"):
        visitor.get(page)
    visitor.post("/1/update", data={"title": "", "body": "words"})
    visitor.post("/1/delete")
    visitor.get("/auth/logout")
