"""MariaDB behind core's ports: one Django app, models by part, one line of migrations.

What enters: values of core. What leaves: values of core. It knows no HTTP and no files.
"""
