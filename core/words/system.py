"""Why the system refused a file, in the reader's language: `OSError.strerror` is always English.

Errors: errno(3). An error that is not listed keeps the system's own text.
"""

from __future__ import annotations

import errno
from types import MappingProxyType

from core.words.language import say

WORDS = MappingProxyType(
    {
        errno.ENOENT: "нет такого файла или папки",
        errno.EACCES: "нет прав",
        errno.EPERM: "нет прав",
        errno.EISDIR: "это папка, а нужен файл",
        errno.ENOTDIR: "по пути стоит файл, а нужна папка",
        errno.EEXIST: "такой файл уже есть",
        errno.ENOSPC: "на диске нет места",
        errno.EDQUOT: "на диске нет места",
        errno.EROFS: "диск только для чтения",
        errno.EIO: "диск отвечает ошибкой",
        errno.ELOOP: "там ссылка вместо файла, или ссылки ведут по кругу",
        errno.ENAMETOOLONG: "имя файла слишком длинное",
        errno.EMFILE: "открыто слишком много файлов",
        errno.ENFILE: "открыто слишком много файлов",
        errno.ENOMEM: "не хватает памяти",
        errno.ECONNREFUSED: "в соединении отказано",
        errno.ECONNRESET: "связь оборвана",
        errno.EPIPE: "связь оборвана",
        errno.ETIMEDOUT: "не отвечает в срок",
        errno.EHOSTUNREACH: "до узла нет пути",
        errno.ENETUNREACH: "до сети нет пути",
        errno.EADDRINUSE: "адрес уже занят",
        errno.EADDRNOTAVAIL: "такого адреса у этой машины нет",
    }
)
"""Keys of the catalogue."""


def system_words(error: OSError) -> str:
    """The reason alone, without the path."""
    words = WORDS.get(error.errno) if error.errno is not None else None
    return say(words) if words is not None else error.strerror or str(error)
