"""Where everything stands in the home of a node. Values only: nothing here touches the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LONGEST_HOME = 70  # a Unix socket's path has at most 107 bytes, and the longest below the home takes 30


@dataclass(frozen=True)
class Layout:
    """The paths of one home.

    Attributes:
        home: The home directory, absolute.
    """

    home: Path

    @property
    def settings(self) -> Path:
        """lampas.json: the node's settings, without secrets; what makes a directory a home."""
        return self.home / "lampas.json"

    @property
    def software(self) -> Path:
        """Copies of the package, each in a directory named by its digest."""
        return self.home / "software"

    @property
    def current(self) -> Path:
        """The symbolic link to the copy that is in force."""
        return self.software / "current"

    @property
    def leftovers(self) -> Path:
        """The program that ends a predecessor's leftovers before a process starts."""
        return self.current / "lampas" / "roothelper" / "leftovers.py"

    @property
    def secrets(self) -> Path:
        """Root's directory of secrets."""
        return self.home / "secrets"

    @property
    def vault(self) -> Path:
        """The secrets that the configuration files are made from."""
        return self.secrets / "vault.json"

    @property
    def operator_token(self) -> Path:
        """The token with which the command line on this machine reaches the API."""
        return self.secrets / "operator.token"

    @property
    def server(self) -> Path:
        """What the console's user alone reads."""
        return self.secrets / "server"

    @property
    def server_json(self) -> Path:
        """The configuration of console and worker."""
        return self.server / "server.json"

    @property
    def vault_key(self) -> Path:
        """The key that seals secrets in the database."""
        return self.server / "vault.key"

    @property
    def agent_secrets(self) -> Path:
        """What the agent's user alone reads."""
        return self.secrets / "agent"

    @property
    def agent_json(self) -> Path:
        """The configuration of the agent."""
        return self.agent_secrets / "agent.json"

    @property
    def node_key(self) -> Path:
        """The private half of the key that secrets are sealed to for this node, in hexadecimal."""
        return self.agent_secrets / "secrets.key"

    @property
    def pki(self) -> Path:
        """The two certificate authorities: root's."""
        return self.home / "pki"

    @property
    def database(self) -> Path:
        """MariaDB's files."""
        return self.home / "database"

    @property
    def my_cnf(self) -> Path:
        """MariaDB's configuration."""
        return self.database / "my.cnf"

    @property
    def database_data(self) -> Path:
        """MariaDB's data directory."""
        return self.database / "data"

    @property
    def database_socket(self) -> Path:
        """MariaDB's socket."""
        return self.home / "run" / "database" / "mariadb.sock"

    @property
    def console(self) -> Path:
        """Caches and temporary files of console and worker."""
        return self.home / "console"

    @property
    def doorbell(self) -> Path:
        """The datagram socket that wakes the worker."""
        return self.home / "run" / "console" / "doorbell"

    @property
    def front(self) -> Path:
        """The front Apache's configuration."""
        return self.home / "front"

    @property
    def front_conf(self) -> Path:
        """The front Apache's configuration file."""
        return self.front / "httpd.conf"

    @property
    def maps(self) -> Path:
        """The front's RewriteMap files, which the agent swaps."""
        return self.front / "maps"

    @property
    def static(self) -> Path:
        """Static files of releases, which the agent puts where the front reads them."""
        return self.front / "static"

    @property
    def agent(self) -> Path:
        """The agent's store, journal and state, and the applications."""
        return self.home / "agent"

    @property
    def apps(self) -> Path:
        """A directory for each application."""
        return self.agent / "apps"

    @property
    def data(self) -> Path:
        """A directory for each application's persistent directories."""
        return self.home / "data"

    @property
    def logs(self) -> Path:
        """What processes wrote."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """Sockets and pid files."""
        return self.home / "run"

    @property
    def supervisor(self) -> Path:
        """The supervisor's configuration and socket: root's."""
        return self.home / "supervisor"

    @property
    def supervisor_conf(self) -> Path:
        """The supervisor's configuration file."""
        return self.supervisor / "supervisord.conf"

    @property
    def supervisor_socket(self) -> Path:
        """The socket by which the supervisor is told what to do."""
        return self.supervisor / "supervisor.sock"

    @property
    def supervisor_pid(self) -> Path:
        """The supervisor's pid file."""
        return self.supervisor / "supervisord.pid"

    @property
    def units(self) -> Path:
        """The supervisor's configuration of release units: the root helper writes it."""
        return self.supervisor / "units"

    @property
    def sample(self) -> Path:
        """Which steps of making the sample application are done."""
        return self.supervisor / "sample-steps"

    @property
    def restoring(self) -> Path:
        """Stands there while a restore is not finished."""
        return self.supervisor / "restoring"

    @property
    def told(self) -> Path:
        """The settings that what runs on the node was last rendered from; where they change, it is sent again."""
        return self.supervisor / "told"

    @property
    def set_up(self) -> Path:
        """The digest of the software with which the server's part was last set up to its end."""
        return self.supervisor / "set-up"
