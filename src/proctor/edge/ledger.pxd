# What the compiled module keeps in C; `ledger.py` says what it is for.

from proctor.audit.front cimport Front
from proctor.audit.page cimport Piece
from proctor.edge.sealing cimport Seal

cdef class Template:
    cdef Piece front
    cdef Piece back
    cdef str kind
    cdef int seals

cdef class SessionLedger:
    cdef Front _journal
    cdef object _monotonic_ns
    cdef object _keyed
    cdef Seal _seal
    cdef str _database
    cdef bytes _who
    cdef object _claims
    cdef Piece _front
    cdef Py_ssize_t _statements
    cdef Py_ssize_t _refused
    cdef str _command
    cdef object _judged
    cdef long long _rows
    cdef long long _size
    cdef set _approved

    cdef tuple _record(self, str exchange, object verdict, Template known, tuple values, bytes besides, bint approved)
    cdef bytes _values(self, object verdict, Template known, tuple values, bint approved)
    cdef bytes _signature(self, tuple values)
    cdef bytes _signed(self, object verdict)
    cdef bytes _digest(self, tuple parts)
