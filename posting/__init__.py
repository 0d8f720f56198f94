"""What portal and gate both post to addresses that others have named: which may be asked, one bounded request, web push.

`reach` says which addresses may be asked at all, `post` makes one request, `push_encryption` seals a notice for one browser
(RFC 8291, 8188) and signs for who sends it (RFC 8292). It imports neither house.
"""
