"""git over HTTP, the disposable cache, reading and writing commits. Truth is MariaDB; what is on disk may vanish."""
