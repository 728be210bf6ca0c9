"""The tracker as a WSGI application."""

import tracker_home
from roundup.cgi.wsgi_handler import RequestDispatcher

application = RequestDispatcher(tracker_home.make())
