# SPDX-License-Identifier: BSL-1.0
"""Job queues: items that survive, in a file that any number of processes share.

    from conq import JobQueue
    queue = JobQueue("sqlite:encode.q")
    queue.put("a.wav")
    for job in queue:               # done at the next turn; an exception hands the job back
        encode(job.item)

What is guaranteed: docs/jobs.md. The file is that of the command (`conq ls -q encode.q`) and of
C++.
"""
import collections
import json
import math
import os
import pickle
import threading
import weakref

from ._conq import Empty, ShutDown
try:
    from ._jobs import InDoubtError, StoreError, Store as _Store
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "this build of conq has no job queues: SQLite's headers were not there "
        "(Debian: libsqlite3-dev); install them and build it anew", name="conq._jobs") from error

__all__ = ["DurableQueue", "InDoubtError", "Job", "JobInfo", "JobQueue", "LeaseLost", "StoreError"]

_STATES = ("ready", "running", "done", "dead", "cancelled", "delayed")


def _number_of(state):
    if state not in _STATES:
        raise ValueError(f"no state {state!r}: there are {', '.join(_STATES)}")
    return _STATES.index(state)


class LeaseLost(Exception):
    """The job was given to somebody else meanwhile; nothing was changed."""


def _check_held(held, count):
    if held != count:
        raise LeaseLost(f"{count - held} of {count} jobs have been given to somebody else")


def _bytes(given, name):
    """Not bytes(given), which makes zeros of a number."""
    if not isinstance(given, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be bytes, not {type(given).__name__}")
    return bytes(given)


class _Bytes:
    """Items that are bytes."""
    loads = staticmethod(bytes)

    @staticmethod
    def dumps(item):
        return _bytes(item, "an item of the codec 'bytes'")


def _chunks_of():
    """What json.JSONEncoder.encode does for each item anew, made once; None where it cannot be."""
    try:
        chunks = json.encoder.c_make_encoder(
            None, json.JSONEncoder().default, json.encoder.encode_basestring, None, ":", ",",
            False, False, True)
        return chunks if "".join(chunks({"a": [1, "ü"]}, 0)) == '{"a":[1,"ü"]}' else None
    except Exception:  # pylint: disable=broad-except
        return None  # an interpreter without it, or with another


class _Json:
    """Items as JSON. What JSON does not know is a TypeError of put."""
    _encode = staticmethod(json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode)
    _chunks = _chunks_of()
    _scan = staticmethod(json.JSONDecoder().scan_once)

    @classmethod
    def dumps(cls, item):
        try:
            return "".join(cls._chunks(item, 0)).encode()
        except Exception:  # pylint: disable=broad-except
            return cls._encode(item).encode()  # which says what is wrong, if anything is

    @classmethod
    def loads(cls, body):
        try:
            text = body.decode()
            item, end = cls._scan(text, 0)
            if end == len(text):
                return item
        except (StopIteration, ValueError):
            pass
        return json.loads(body)  # put by something else: with spaces, a mark, or no JSON


_CODECS = {"json": _Json, "pickle": pickle, "bytes": _Bytes}


def _codec_of(codec):
    if not isinstance(codec, str):
        return codec
    if codec not in _CODECS:
        raise ValueError(f"no codec {codec!r}: there are {', '.join(sorted(_CODECS))}, or give an "
                         "object with dumps(item) and loads(bytes)")
    return _CODECS[codec]


def _ms(seconds, name):
    if not isinstance(seconds, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(seconds).__name__}")
    if not 0 <= seconds < 4e9:
        raise ValueError(f"{name} must be a number of seconds from 0 to 4e9, not {seconds}")
    return math.ceil(seconds * 1000)


def _most(most, least):
    """How many, as the store takes it."""
    if not isinstance(most, int):
        raise TypeError(f"most must be a number of jobs, not {type(most).__name__}")
    if most < least:
        raise ValueError(f"most must be at least {least}, not {most}")
    return min(most, 0xFFFFFFFF)


def _span(timeout):
    """A timeout as the store takes it: negative is for ever."""
    if timeout is None:
        return -1.0
    if timeout == math.inf:
        return -1.0
    _ms(timeout, "timeout")
    return float(timeout)


JobInfo = collections.namedtuple(
    "JobInfo", "id state attempts crashes put_ms begin_ms end_ms item note")
JobInfo.__doc__ = "A job as the store knows it; times in milliseconds since 1970, 0: not yet."


class Job:
    """A job that this process holds; a thread of the library keeps the lease alive.

    Ends: done, retry, fail, release; each raises LeaseLost if the job has been given to somebody
    else. `with` ends it by done(), and by retry() on an exception; so does one that is dropped.
    """

    __slots__ = ("_lease", "item", "id", "token", "attempt", "__weakref__")

    def __init__(self, lease, item):
        self._lease, self.item = lease, item
        self.id, self.token, self.attempt = lease.facts

    def _end(self, how, note="", output=b"", delay_ms=-1):
        lease, self._lease = self._lease, None
        if lease is None:
            raise ValueError(f"job {self.id} has ended already")
        try:
            note = note if isinstance(note, bytes) else str(note).encode()
            is_held = lease.end(how, note, _bytes(output, "output"), delay_ms)
        except BaseException:
            self._lease = lease  # it goes on
            raise
        if not is_held:
            raise LeaseLost(f"job {self.id} has been given to somebody else")

    def done(self, result="", output=b""):
        """The good end; `result` is kept with the job, and `output`, bytes, beside it."""
        self._end("done", result, output)

    def retry(self, reason="", delay=None):
        """The attempt failed: again after `delay` seconds, or some that double; or dead."""
        self._end("retry", reason, delay_ms=-1 if delay is None else _ms(delay, "delay"))

    def fail(self, reason="", output=b""):
        """A dead letter at once; `output` as with done."""
        self._end("fail", reason, output)

    def release(self):
        """Hands it back as if it had not been taken."""
        self._end("release")

    def extend(self, seconds):
        """The store keeps it for at least so long, even if this process is stopped."""
        if self._lease is None or not self._lease.extend(_ms(seconds, "seconds")):
            raise LeaseLost(f"job {self.id} is not held any more")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self._lease is None:
            return
        if kind is None:
            self.done()
        else:
            self.retry(f"{kind.__name__}: {error}")

    def __repr__(self):
        return f"<conq.Job {self.id}, attempt {self.attempt}: {self.item!r}>"


_open_stores = weakref.WeakSet()
# One store is opened at a time, so that each handle knows which files are its own, and none while
# the process forks.
_opening = threading.RLock()


def _leave_to_parent():
    """In a child after fork: nothing of the parent's handles is used or ended here."""
    _opening.release()
    for each in list(_open_stores):
        each.abandon()


os.register_at_fork(before=_opening.acquire, after_in_parent=_opening.release,
                    after_in_child=_leave_to_parent)


def _lock_files():
    """The files of this process by which others see that it lives."""
    found = set()
    for each in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{each}").endswith("-lock"):
                found.add(int(each))
        except OSError:  # closed meanwhile
            pass
    return found


class _Handle:
    """A store that is opened when it is first used, and anew in the child after a fork."""

    def __init__(self, url):
        self.url, self._store = url, None
        self._lock_files = set()
        _open_stores.add(self)
        self.get()

    def get(self):
        store = self._store
        if store is None:
            with _opening:
                if self._store is None:
                    before = _lock_files()
                    self._store = _Store(self.url)
                    self._lock_files = _lock_files() - before
                store = self._store
        return store

    def abandon(self):
        """Drops what is the parent's; the child must not show that the parent lives."""
        for each in self._lock_files:
            os.close(each)
        self._lock_files = set()
        self._store = None


class JobQueue:
    """A queue of jobs in a store, opened by URL or path; docs/formats/job_queue_url.md.

    `codec` says how items become bytes: "json", "bytes", "pickle", or an object with dumps and
    loads. Any thread. Pickled, it travels by its URL; after a fork the child opens it anew.
    """

    def __init__(self, url, *, codec="json"):
        self._codec_name = codec
        self._codec = _codec_of(codec)
        self._handle = _Handle(os.fspath(url))

    @property
    def url(self):
        """What it was opened by."""
        return self._handle.url

    def __reduce__(self):
        return _reopened, (type(self), self.url, self._codec_name)

    def _put(self, bodies, priority=0, delay=0, max_attempts=25, time_limit=0, key=None):
        if not isinstance(max_attempts, int) or not 1 <= max_attempts <= 1_000_000_000:
            raise ValueError(f"max_attempts must be a number from 1 on, not {max_attempts!r}")
        if not isinstance(priority, int) or not -(1 << 31) <= priority < 1 << 31:
            raise ValueError(f"priority must be a number of 32 bits, not {priority!r}")
        key = b"" if key is None else key if isinstance(key, bytes) else str(key).encode()
        ids = self._handle.get().put(bodies, priority, _ms(delay, "delay"), max_attempts,
                                     _ms(time_limit, "time_limit"), key)
        if ids is None:
            raise ShutDown
        return ids

    def put(self, item, **options):
        """Adds a job: its id. Options: priority (lower first), delay in seconds, max_attempts,
        time_limit (an attempt that takes more seconds has failed, and lost its job; 0: none), key
        (a put with a key that is known adds nothing). Raises ShutDown."""
        return self._put((self._codec.dumps(item),), **options)[0]

    def put_many(self, items, **options):
        """Adds all in one transaction: their ids."""
        return self._put(tuple(map(self._codec.dumps, items)), **options)

    def take_many(self, most, timeout=None):
        """Up to `most` jobs in one transaction, at least one. Raises Empty after the timeout,
        ShutDown once the queue is shut down and drained.

        A job whose bytes are no item becomes a dead letter.
        """
        return list(map(Job, *self._taken(most, timeout)))

    def _taken(self, most, timeout):
        """Leases and items."""
        most = _most(most, 1)
        while True:
            found = self._handle.get().take(most, _span(timeout))
            if isinstance(found, str):
                raise ShutDown if found == "shut_down" else Empty
            leases, bodies = found
            try:
                return leases, list(map(self._codec.loads, bodies))
            except Exception:  # pylint: disable=broad-except
                found = [pair for pair in map(self._decoded, leases, bodies) if pair is not None]
            if found:
                return tuple(zip(*found))

    def _decoded(self, lease, body):
        try:
            return lease, self._codec.loads(body)
        except Exception as error:  # pylint: disable=broad-except
            lease.end("fail", f"its bytes are no item: {error}".encode(), b"", -1)
            return None

    def take(self, timeout=None):
        """The next job. Raises Empty after the timeout, ShutDown as take_many."""
        return self.take_many(1, timeout)[0]

    def done_many(self, jobs):
        """Ends jobs of this queue well, in one transaction. Raises LeaseLost if some were given to
        somebody else; the others are done."""
        jobs = list(jobs)
        for job in jobs:
            if job._lease is None:
                raise ValueError(f"job {job.id} has ended already")
        leases = [job._lease for job in jobs]
        held = self._handle.get().done_many(leases)
        for job in jobs:
            job._lease = None
        _check_held(held, len(jobs))

    def __iter__(self):
        """Jobs until the queue is shut down and drained. The next turn is the done() of the one
        before; an exception or `break` hands it back."""
        while True:
            try:
                job = self.take()
            except ShutDown:
                return
            ended_well = False
            try:
                yield job
                ended_well = True
            finally:
                if job._lease is not None and not ended_well:
                    job.retry("the worker left it")
            if job._lease is not None:
                job.done()

    def join(self, timeout=None):
        """Returns when every job is finished. Raises TimeoutError."""
        if not self._handle.get().join(_span(timeout)):
            raise TimeoutError(f"jobs are unfinished after {timeout} seconds")

    def shutdown(self, immediate=False):
        """For every process, until reopen: no more puts; `immediate` cancels what nobody holds."""
        self._handle.get().tell("drop" if immediate else "shutdown")

    def reopen(self):
        """Lifts a shutdown."""
        self._handle.get().tell("reopen")

    def pause(self):
        """For every process, until resume: nothing is handed out."""
        self._handle.get().tell("pause")

    def resume(self):
        """Lifts a pause."""
        self._handle.get().tell("resume")

    def cancel(self, job_id):
        """Finishes a job that nobody holds; False if it is held, finished or unknown."""
        return self._handle.get().change("cancel", job_id)

    def revive(self, job_id):
        """A dead letter or a cancelled job is ready again; False if it is neither."""
        return self._handle.get().change("revive", job_id)

    def forget(self, job_id):
        """Forgets a finished job; False if it is not finished or unknown."""
        return self._handle.get().change("forget", job_id)

    def forget_all(self, state):
        """Forgets all jobs in a finished state (done, dead, cancelled): how many."""
        return self._handle.get().forget_all(_number_of(state))

    def output(self, job_id):
        """What a job has written, as its end gave it; None if that gave none, or if the store has
        it no more: it keeps those of seven days and 256 MiB, the oldest ends go first."""
        return self._handle.get().output(job_id)

    def keep_outputs(self, keeps=True):
        """Outputs stay for as long as their jobs; for every process, and for good."""
        self._handle.get().tell("keep_outputs" if keeps else "drop_outputs")

    def _info(self, found):
        number, state, attempts, crashes, put_ms, begin_ms, end_ms, body, note = found
        try:
            item = self._codec.loads(body)
        except Exception:  # pylint: disable=broad-except
            item = body
        return JobInfo(number, _STATES[state], attempts, crashes, put_ms, begin_ms, end_ms, item,
                       note.decode(errors="replace"))

    def find(self, job_id):
        """A job as it is now; None if it is unknown."""
        found = self._handle.get().find(job_id)
        return None if found is None else self._info(found)

    def list(self, state, after=0, most=1000):
        """Up to `most` jobs in a state, with higher ids than `after`."""
        return [self._info(each)
                for each in self._handle.get().list(_number_of(state), after, _most(most, 0))]

    def stats(self):
        """How many jobs are in each state, and whether the queue is paused or shut down."""
        return self._handle.get().stats()


def _reopened(kind, url, codec):
    return kind(url, codec=codec)


class DurableQueue:
    """put, get, task_done and join of a multiprocessing.JoinableQueue, on a job queue: items
    survive a process that is killed, and come back to the others. Those that are done are
    forgotten.

    task_done ends the item that this process has held longest. Pickle only if it is named:
    codec="pickle".
    """

    def __init__(self, url, *, codec="json"):
        self._jobs = JobQueue(url, codec=codec)
        self._held, self._pid, self._lock = collections.deque(), os.getpid(), threading.Lock()

    def __reduce__(self):
        return _reopened, (type(self), self._jobs.url, self._jobs._codec_name)

    def _mine(self):
        if self._pid != os.getpid():  # what was held is the parent's
            self._held, self._pid, self._lock = collections.deque(), os.getpid(), threading.Lock()
        return self._held

    def put(self, item, block=True, timeout=None):
        """Adds an item; there is always room, so it never waits. Raises ShutDown."""
        del block, timeout
        self._jobs.put(item)

    def put_nowait(self, item):
        """As put."""
        self._jobs.put(item)

    def get(self, block=True, timeout=None):
        """The next item. Raises Empty, ShutDown."""
        return self.get_many(1, block, timeout)[0]

    def get_nowait(self):
        """get without waiting."""
        return self.get(False)

    def put_many(self, items):
        """Adds all in one transaction, or none. Raises ShutDown."""
        self._jobs.put_many(items)

    def get_many(self, most, block=True, timeout=None):
        """Waits for an item, then takes up to `most` that are there, in one transaction. Raises
        Empty, ShutDown."""
        leases, items = self._jobs._taken(most, timeout if block else 0)
        self._mine().extend(leases)
        return list(items)

    def task_done(self, n=1):
        """The n items that this process has held longest have been processed, in one transaction.
        Raises ValueError if it holds fewer, and changes nothing."""
        held = self._mine()
        if n < 0:
            raise ValueError(f"n must not be negative, as {n} is")
        with self._lock:
            if n > len(held):
                raise ValueError("task_done() called too many times")
            leases = [held.popleft() for _ in range(n)]
        try:
            count = self._jobs._handle.get().done_and_forget(leases) if n > 0 else 0
        except StoreError:
            held.extendleft(reversed(leases))  # nothing was changed
            raise
        _check_held(count, n)

    def join(self, timeout=None):
        """Waits until every item of every process has been processed."""
        self._jobs.join(timeout)

    def shutdown(self, immediate=False):
        """No more puts, by any process."""
        self._jobs.shutdown(immediate)

    def qsize(self):
        """Items that can be got, now or later."""
        found = self._jobs.stats()
        return found["ready"] + found["delayed"]

    def empty(self):
        """Whether there are none."""
        return self.qsize() == 0

    def full(self):
        """Never."""
        return False

    def close(self):
        """Nothing is left to do: what was put is in the store."""

    join_thread = cancel_join_thread = close
