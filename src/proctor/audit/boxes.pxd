# What other compiled modules reach in C; `boxes.py` says what it is for.

cdef bytes _framed(bytes front, tuple values)

cdef class DataKey:
    cdef str _name
    cdef object _path
    cdef object _encrypt
    cdef long long _count

    cdef bytes boxed(self, bytes front, tuple values, bytes about, bytes back)
    cdef bytes _nonce(self)
