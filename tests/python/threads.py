# SPDX-License-Identifier: BSL-1.0
"""Threads for tests: with an end that is waited for, and a look at whether one sleeps."""
import threading
import time

PATIENCE_S = 60


class Call(threading.Thread):
    """Calls a function on a thread of its own; `result()` waits and answers, or raises, as it did.
    """

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self._call = (function, arguments)
        self._answer = self._error = None
        self.start()

    def run(self):
        function, arguments = self._call
        try:
            self._answer = function(*arguments)
        except BaseException as error:  # pylint: disable=broad-except
            self._error = error

    def result(self):
        self.join(PATIENCE_S)
        assert not self.is_alive(), "the call has not ended"
        if self._error is not None:
            raise self._error
        return self._answer

    def wait_until_asleep(self):
        """Until the thread waits for something in the kernel, and goes on doing so while this one
        gives up the interpreter: then it does not wait for that."""
        asleep = 0
        while asleep < 3:
            assert self.is_alive(), "the call has ended"
            with open(f"/proc/self/task/{self.native_id}/stat", encoding="ascii") as stat:
                state = stat.read().rpartition(")")[2].split()[0]
            asleep = asleep + 1 if state == "S" else 0
            time.sleep(0)  # gives up the interpreter
        return self
