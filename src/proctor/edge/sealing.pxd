# What other compiled modules reach in C; `sealing.py` says what it is for.

from proctor.audit.boxes cimport DataKey

cdef class Seal:
    cdef DataKey _key
    cdef str _name
    cdef bytes _front

    cdef bytes said(self, object verdict, tuple values, int what)
    cdef bytes _text(self, object verdict)
