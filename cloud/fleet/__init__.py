"""The fleet: how all gates of a person or of the portal are, and releases that reach them ring by ring.

`standing` and `rings` are pure; `overview` and `rollouts` hold the SQL, `bundles` the files of releases.
"""
