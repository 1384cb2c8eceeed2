# What other compiled modules reach in C; `front.py` says what it is for.

from proctor.audit.page cimport Page

cdef class Front:
    cdef public object failed
    cdef public Page _page
    cdef public long long _unsynced_size
    cdef long long _max_unsynced
    cdef Py_ssize_t _max_later
    cdef public list _leaving
    cdef public object _round
    cdef public object _soon

    cdef long long took_later(self, tuple parts) except? -1
    cdef int took_then(self, tuple parts, object leave, bint durable) except -1
    cdef long long _take(self, tuple parts) except? -1
