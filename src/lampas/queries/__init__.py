"""Reads for the faces, one file a question. They write nothing and ask for no permission: the routes do."""
