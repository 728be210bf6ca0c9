"""The documents between console and node: what one node should run, whole, and what it is asked to run once.

Nothing of LAMPAS is imported here. The console renders a `NodeState`, encodes it, signs the bytes and sends them; the
agent checks signature, node, generation and expiry before it reads anything else. Content (manifests, files, wheels)
goes apart, by sha256. The format is described in docs/formats/nodestate.md.
"""

from lampas.core.nodestate.command import SIGNALS, Command, Terminal, Word
from lampas.core.nodestate.data import DataOrder
from lampas.core.nodestate.database import DatabaseOrder
from lampas.core.nodestate.encoding import FORMAT
from lampas.core.nodestate.environment import Environment
from lampas.core.nodestate.manifest import Manifest, ManifestFile, ManifestWheel, ReleaseOnNode
from lampas.core.nodestate.packages import PackageOrder
from lampas.core.nodestate.places import Places
from lampas.core.nodestate.sandbox import Proof, Sandbox
from lampas.core.nodestate.state import NodeState, Ready, Unit
from lampas.core.nodestate.task import Task

__all__ = [
    "FORMAT",
    "SIGNALS",
    "Command",
    "DataOrder",
    "DatabaseOrder",
    "Environment",
    "Manifest",
    "ManifestFile",
    "ManifestWheel",
    "NodeState",
    "PackageOrder",
    "Places",
    "Proof",
    "Ready",
    "ReleaseOnNode",
    "Sandbox",
    "Task",
    "Terminal",
    "Unit",
    "Word",
]
