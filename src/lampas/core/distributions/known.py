"""Import names whose distribution is well known. They serve proposals to a person; nothing is fetched for them."""

from __future__ import annotations

_OTHER_NAME = {
    "attr": "attrs", "bs4": "beautifulsoup4", "Crypto": "pycryptodome", "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil", "django_filters": "django-filter", "docx": "python-docx", "dotenv": "python-dotenv",
    "environ": "django-environ", "fitz": "PyMuPDF", "git": "GitPython", "google.protobuf": "protobuf",
    "jose": "python-jose", "jwt": "PyJWT", "ldap": "python-ldap", "magic": "python-magic",
    "markdown": "Markdown", "MySQLdb": "mysqlclient", "nacl": "PyNaCl", "OpenSSL": "pyOpenSSL", "PIL": "Pillow",
    "pkg_resources": "setuptools", "psycopg2": "psycopg2-binary", "pymysql": "PyMySQL",
    "rest_framework": "djangorestframework",
    "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn", "slugify": "python-slugify",
    "socks": "PySocks", "telegram": "python-telegram-bot", "yaml": "PyYAML", "zmq": "pyzmq",
}  # fmt: skip
_SAME_NAME = frozenset(
    """
    aiohttp alembic anyio arrow babel bcrypt bleach blinker boto3 botocore bottle celery certifi cffi chardet cherrypy
    click colorama cryptography cssselect django docutils faker falcon fastapi flask flask_login flask_migrate
    flask_sqlalchemy flask_wtf gevent greenlet gunicorn h11 html5lib httpcore httpx humanize idna isodate itsdangerous
    jinja2 jsonschema kombu lxml mako markupsafe marshmallow matplotlib msgpack networkx numpy oauthlib openpyxl
    orjson packaging pandas paramiko passlib peewee pillow platformdirs pluggy psutil psycopg pyasn1 pydantic pygments
    pyotp pyparsing pypdf pytest pytz qrcode redis regex reportlab requests rich rsa scipy sentry_sdk setuptools
    simplejson six soupsieve sqlalchemy sqlparse starlette structlog tabulate tenacity toml tornado tqdm typer
    typing_extensions tzdata tzlocal ujson urllib3 uvicorn watchdog webob websockets werkzeug whitenoise wtforms
    xlrd xlsxwriter xmltodict zope
    """.split()  # noqa: SIM905
)


def known_distribution(name: str) -> str:
    """The distribution that is known to provide an import name; "" where none is.

    Args:
        name: A dotted import name.
    """
    while name:
        if name in _OTHER_NAME:
            return _OTHER_NAME[name]
        if name in _SAME_NAME:
            return name.replace("_", "-")
        name = name.rpartition(".")[0]
    return ""
