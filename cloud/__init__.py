"""The OKter portal and the server side of the sync contract. It never imports `edge`; both use `core` and `sync`."""
