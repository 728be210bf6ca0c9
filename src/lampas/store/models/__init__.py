"""All tables, by part.

Truth is append-only and named by hash; projections can be made anew; the rest are ordinary rows.
"""

from lampas.store.models.accounts import AuditRow, GrantRow, LoginLink, Person, Token
from lampas.store.models.cluster import Node, Slot, TrafficRow
from lampas.store.models.content import Artifact, ArtifactChunk
from lampas.store.models.data import KeptData
from lampas.store.models.databases import AppDatabase, DatabaseAccount
from lampas.store.models.distributions import AdvisoryRow, DistributionRow, WheelRow
from lampas.store.models.history import Pack, PackChunk, Ref, Repository
from lampas.store.models.hooks import BuildHookRun, SetupProof, SetupRun
from lampas.store.models.modules import Facts, ModuleRow, ModuleTable
from lampas.store.models.needs import HeadClosure, HeadsTable, Place, PlaceInSet, PlaceSet
from lampas.store.models.operations import Operation, OperationStep
from lampas.store.models.packages import ApprovedPackage, DebianModule
from lampas.store.models.releases import Application, BuiltRow, LockRow, Release, ReleaseArtifact
from lampas.store.models.secrets import SecretRow

__all__ = [
    "AdvisoryRow",
    "AppDatabase",
    "Application",
    "ApprovedPackage",
    "Artifact",
    "ArtifactChunk",
    "AuditRow",
    "BuildHookRun",
    "BuiltRow",
    "DatabaseAccount",
    "DebianModule",
    "DistributionRow",
    "Facts",
    "GrantRow",
    "HeadClosure",
    "HeadsTable",
    "KeptData",
    "LockRow",
    "LoginLink",
    "ModuleRow",
    "ModuleTable",
    "Node",
    "Operation",
    "OperationStep",
    "Pack",
    "PackChunk",
    "Person",
    "Place",
    "PlaceInSet",
    "PlaceSet",
    "Ref",
    "Release",
    "ReleaseArtifact",
    "Repository",
    "SecretRow",
    "SetupProof",
    "SetupRun",
    "Slot",
    "Token",
    "TrafficRow",
    "WheelRow",
]
