"""The tracker's home for this release: Roundup's own template, and a configuration made of the environment."""

import os
import pathlib
import tempfile

TEMPLATE = pathlib.Path(__file__).parent / "share/roundup/templates/classic"
KEPT = pathlib.Path(os.environ["LAMPAS_DATA"]) / "tracker"

CONFIG = """\
[main]
database = {kept}/files
template_engine = zopetal
[tracker]
web = {web}
[mail]
domain = example.com
host = localhost
debug = {kept}/mail.txt
[web]
secret_key = {key}
[rdbms]
backend = mysql
name = {DB_NAME}
host = {DB_HOST}
port = {DB_PORT}
user = {DB_USER}
password = file://{password}
read_default_file =
mysql_binary_collation = utf8mb4_bin
[logging]
level = ERROR
"""


def make() -> str:
    """Makes the home in a directory of this process and returns its path."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="tracker-"))
    for name in ("detectors", "extensions", "html", "schema.py", "initial_data.py", "TEMPLATE-INFO.txt"):
        (home / name).symlink_to(TEMPLATE / name)
    (KEPT / "files").mkdir(exist_ok=True)
    password = home / "password"
    password.touch(mode=0o600)
    password.write_text(os.environ["DB_PASSWORD"])
    text = CONFIG.format(
        kept=KEPT,
        key=os.environ["TRACKER_KEY"].replace("%", "%%"),
        web=os.environ["TRACKER_WEB"],
        password=password,
        **{name: os.environ[name] for name in ("DB_NAME", "DB_HOST", "DB_PORT", "DB_USER")},
    )
    (home / "config.ini").write_text(text)
    return str(home)
