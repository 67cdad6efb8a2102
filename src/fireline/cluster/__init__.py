"""A PostgreSQL of our own from a folder of binaries: the embedded store, scratch, drills. Never a target."""

from fireline.cluster.cluster import Cluster

__all__ = ["Cluster"]
