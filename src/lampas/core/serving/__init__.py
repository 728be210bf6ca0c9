"""Units and the front as text: httpd.conf, shims, RewriteMap files."""
