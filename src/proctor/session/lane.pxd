# What the compiled module keeps in C; `lane.py` says what it is for.

from proctor.session.taken cimport Taken

cdef class Lane:
    cdef object _slowly
    cdef object _terms
    cdef object _hearing
    cdef object _pipeline
    cdef object _answers
    cdef object _names
    cdef object _ledger
    cdef object _clock
    cdef object _client
    cdef object _upstream
    cdef str _session
    cdef object _number
    cdef object _over
    cdef Taken _taken
    cdef bint _strict
    cdef bint _closed
    cdef bint _shut
    cdef list _behind
    cdef object _pauses
    cdef dict _known
    cdef object _leaves

    cdef Taken _take(self, bytes data, tuple batch)
    cdef Taken _take_train(self, bytes data)
    cdef bint _is_stale(self, Taken taken) except -1
    cdef bytes _with_behind(self, bytes data)
    cdef object _statement(self, tuple batch)
    cdef object _recall(self, tuple batch, object statement)
    cdef bint _turns_alone(self) except -1
    cdef bint _trusts(self, object statement) except -1
    cdef object _found(self, tuple batch, object statement, object stamp)
    cdef int _answered(self, Taken taken, bytes data) except -2
    cdef int _train_answered(self, Taken taken, bytes data) except -2
    cdef bint _fits(self, Taken taken, bytes shape, Py_ssize_t rows, Py_ssize_t size) except -1
    cdef int _give_back(self) except -1
