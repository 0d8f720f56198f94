"""The fleet: the state of all gates of a person or of the portal, and the rollout of releases to them ring by ring.

`standing` and `rings` are pure. `overview` and `rollouts` hold the SQL; `bundles` stores the release files.
"""
