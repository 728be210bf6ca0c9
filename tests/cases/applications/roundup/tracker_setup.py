"""Makes the tracker's tables the first time, and brings them up to date afterwards."""

import os

import tracker_home
from roundup import instance, password

tracker = instance.open(tracker_home.make())
database = tracker.open("admin")
if not database.user.list():
    tracker.init(password.Password(os.environ["TRACKER_ADMIN"], config=tracker.config))
    print("the tracker is made")
else:
    print(f"the tracker has schema {database.database_schema['version']}")
    database.commit()
database.close()
