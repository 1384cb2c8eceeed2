# What other compiled modules reach in C; `page.py` says what each is for. Left out where nothing is compiled.

from cpython.buffer cimport Py_buffer

cpdef Py_ssize_t width(long long number) noexcept
cdef int digits(char* at, long long number, Py_ssize_t width) noexcept

cdef long long _filled(char* at, tuple parts, char* begin, unsigned int checksum) except? -1

cdef class Piece:
    cdef readonly bytes text
    cdef unsigned int _checksum
    cdef unsigned int _behind

cdef class Page:
    cdef object _time_ns
    cdef object _monotonic_ns
    cdef bytes _start
    cdef long long _second
    cdef bytes _second_text
    cdef long long _wall
    cdef long long _monotonic
    cdef long long _step
    cdef long long _first
    cdef long long _next
    cdef Py_ssize_t _size
    cdef Py_ssize_t _newest
    cdef bytearray _room
    cdef object _slate
    cdef bint _aside
    cdef Py_buffer _view

    cdef long long _add(self, tuple parts) except? -2
    cdef long long _put(self, tuple parts) except? -1
    cdef Py_ssize_t _assemble(self, tuple parts, long long micros, Py_ssize_t rest) except -1
    cdef char* _place(self, Py_ssize_t size) except NULL
    cdef int _step_aside(self) except -1
    cdef int _make_room(self, Py_ssize_t size) except -1
