"""The benchmark's application: a second of import if asked, a short answer, and a slow answer under /slow."""

import os
import time

time.sleep(float(os.environ.get("HELLO_IMPORT_SECONDS", "0")))
BODY = b"hello\n"


def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(2)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])
    return [BODY]
