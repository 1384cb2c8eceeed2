# What other compiled modules reach in C; `taken.py` says what it is for.

cdef class Taken:
    cdef bytes data
    cdef tuple batch
    cdef object judged
    cdef object verdict
    cdef object claims
    cdef object under
    cdef object statement
    cdef str exchange
    cdef object started
    cdef Py_ssize_t number
    cdef bint durable
    cdef list before

    cdef list whole(self)
    cdef object portal(self)
    cdef object _exchange(self)
    cdef int reopened(self, object answers, object names) except -1
