"""The OKter portal and the server side of the sync contract. Of the edge it knows `sync.wire` alone."""
