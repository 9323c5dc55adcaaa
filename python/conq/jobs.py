# SPDX-License-Identifier: BSL-1.0
"""Provide job queues: their items survive in a file that any number of processes share.

    from conq import JobQueue
    queue = JobQueue("sqlite:encode.q")
    queue.put("a.wav")
    for job in queue:               # a job is done when the next is asked for;
        encode(job.item)            # an exception hands it back

docs/jobs.md says what is guaranteed. The command (`conq ls -q encode.q`) and C++ programs use the
same file.
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
    """Raised when the job has meanwhile been given to another worker; nothing was changed."""


def _check_held(held, count):
    if held != count:
        raise LeaseLost(f"{count - held} of {count} jobs have been given to somebody else")


def _bytes(given, name):
    """Return `given` as bytes; raise TypeError, which calls it `name`, if it is not bytes-like.

    bytes(given) alone would turn a number into that many zeros.
    """
    if not isinstance(given, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be bytes, not {type(given).__name__}")
    return bytes(given)


class _Bytes:
    """Store items that are bytes as they are."""
    loads = staticmethod(bytes)

    @staticmethod
    def dumps(item):
        return _bytes(item, "an item of the codec 'bytes'")


def _chunks_of():
    """Make, once, the encoder that json.JSONEncoder.encode makes anew for each item.

    Return None where it cannot be made.
    """
    try:
        chunks = json.encoder.c_make_encoder(
            None, json.JSONEncoder().default, json.encoder.encode_basestring, None, ":", ",",
            False, False, True)
        return chunks if "".join(chunks({"a": [1, "ü"]}, 0)) == '{"a":[1,"ü"]}' else None
    except Exception:  # pylint: disable=broad-except
        return None  # this interpreter has no c_make_encoder, or one with other arguments


class _Json:
    """Store items as JSON. put raises TypeError for an item that JSON cannot express."""
    _encode = staticmethod(json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode)
    _chunks = _chunks_of()
    _scan = staticmethod(json.JSONDecoder().scan_once)

    @classmethod
    def dumps(cls, item):
        try:
            return "".join(cls._chunks(item, 0)).encode()
        except Exception:  # pylint: disable=broad-except
            return cls._encode(item).encode()  # raises with the reason if the item is at fault

    @classmethod
    def loads(cls, body):
        try:
            text = body.decode()
            item, end = cls._scan(text, 0)
            if end == len(text):
                return item
        except (StopIteration, ValueError):
            pass
        return json.loads(body)  # another program put it: with spaces or a mark, or not JSON


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
    """Return a number of jobs as the store takes it; it must be an int of at least `least`."""
    if not isinstance(most, int):
        raise TypeError(f"most must be a number of jobs, not {type(most).__name__}")
    if most < least:
        raise ValueError(f"most must be at least {least}, not {most}")
    return min(most, 0xFFFFFFFF)


def _span(timeout):
    """Return a timeout as the store takes it: seconds; negative for no limit."""
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
    """Represent a job that this process holds; a thread of the library keeps its lease alive.

    done, retry, fail and release end the job. Each raises LeaseLost if the job has been given to
    another worker. The end of a `with` block calls done(), or retry() if the block raises. A job
    that is dropped also ends by retry().
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
            self._lease = lease  # the job is still held
            raise
        if not is_held:
            raise LeaseLost(f"job {self.id} has been given to somebody else")

    def done(self, result="", output=b""):
        """End the job well. `result` is kept with the job, and `output`, bytes, beside it."""
        self._end("done", result, output)

    def retry(self, reason="", delay=None):
        """End the attempt as failed.

        The job is ready again after `delay` seconds; None: a delay that doubles with each attempt.
        After its last attempt it is dead.
        """
        self._end("retry", reason, delay_ms=-1 if delay is None else _ms(delay, "delay"))

    def fail(self, reason="", output=b""):
        """Make the job a dead letter at once. `output` is kept as in done."""
        self._end("fail", reason, output)

    def release(self):
        """Hand the job back as if it had not been taken."""
        self._end("release")

    def extend(self, seconds):
        """Keep the lease for at least `seconds` from now, even if this process is stopped.

        Raises LeaseLost if the job is not held any more.
        """
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
# Held while a store is opened, so that each handle knows which files are its own, and while the
# process forks.
_opening = threading.RLock()


def _leave_to_parent():
    """Abandon the parent's handles in a child after a fork, without using or ending them."""
    _opening.release()
    for each in list(_open_stores):
        each.abandon()


os.register_at_fork(before=_opening.acquire, after_in_parent=_opening.release,
                    after_in_child=_leave_to_parent)


def _lock_files():
    """Return the descriptors of the files by which other processes see that this one lives."""
    found = set()
    for each in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{each}").endswith("-lock"):
                found.add(int(each))
        except OSError:  # closed meanwhile
            pass
    return found


class _Handle:
    """Hold an open store. The child of a fork opens it anew when it first uses it."""

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
        """Drop what belongs to the parent: the child must not make the parent look alive."""
        for each in self._lock_files:
            os.close(each)
        self._lock_files = set()
        self._store = None


class JobQueue:
    """Open a queue of jobs in a store, by URL or path (docs/formats/job_queue_url.md).

    `codec` says how items become bytes: "json", "bytes", "pickle", or an object with dumps and
    loads. Any thread may call any method. When the queue is pickled, its URL and its codec are
    stored, and unpickling opens it anew. After a fork the child opens it anew.
    """

    def __init__(self, url, *, codec="json"):
        self._codec_name = codec
        self._codec = _codec_of(codec)
        self._handle = _Handle(os.fspath(url))

    @property
    def url(self):
        """Return the URL or path by which the queue was opened."""
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
        """Add a job, and return its id.

        Options: `priority` (lower first), `delay` in seconds, `max_attempts`, `time_limit` in
        seconds (an attempt that takes longer has failed and loses the job; 0: no limit), `key` (a
        put with a key that the store knows adds nothing). Raises ShutDown after a shutdown.
        """
        return self._put((self._codec.dumps(item),), **options)[0]

    def put_many(self, items, **options):
        """Add a job for each item, all in one transaction, and return their ids.

        Takes the options of put, for all of them, and raises what put raises.
        """
        return self._put(tuple(map(self._codec.dumps, items)), **options)

    def take_many(self, most, timeout=None):
        """Take at least one and at most `most` jobs, in one transaction, and return them.

        Waits at most `timeout` seconds for a job; None: without a limit. A job whose bytes the
        codec cannot decode becomes a dead letter. Raises Empty after the timeout, and ShutDown once
        the queue is shut down and drained.
        """
        return list(map(Job, *self._taken(most, timeout)))

    def _taken(self, most, timeout):
        """Take as take_many does, and return the leases and the items."""
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
        """Take the next job, and return it.

        Waits, and raises Empty or ShutDown, as take_many does.
        """
        return self.take_many(1, timeout)[0]

    def done_many(self, jobs):
        """End jobs of this queue well, in one transaction.

        Raises LeaseLost if some were given to another worker; the others are done. Raises
        ValueError, and changes nothing, if one has ended already.
        """
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
        """Yield jobs until the queue is shut down and drained.

        A job is done when the loop asks for the next one. An exception or `break` hands it back.
        """
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
        """Wait until every job is finished.

        Raises TimeoutError if some job is unfinished after `timeout` seconds; None: no limit.
        """
        if not self._handle.get().join(_span(timeout)):
            raise TimeoutError(f"jobs are unfinished after {timeout} seconds")

    def shutdown(self, immediate=False):
        """Refuse further puts, by every process, until reopen.

        If `immediate`, also cancel the jobs that nobody holds.
        """
        self._handle.get().tell("drop" if immediate else "shutdown")

    def reopen(self):
        """Lift a shutdown."""
        self._handle.get().tell("reopen")

    def pause(self):
        """Hand out no jobs, to any process, until resume."""
        self._handle.get().tell("pause")

    def resume(self):
        """Lift a pause."""
        self._handle.get().tell("resume")

    def cancel(self, job_id):
        """Cancel a job that nobody holds; return False if it is held, finished or unknown."""
        return self._handle.get().change("cancel", job_id)

    def revive(self, job_id):
        """Make a dead letter or a cancelled job ready again; return False if it is neither."""
        return self._handle.get().change("revive", job_id)

    def forget(self, job_id):
        """Forget a finished job; return False if it is not finished or unknown."""
        return self._handle.get().change("forget", job_id)

    def forget_all(self, state):
        """Forget all jobs in a finished state (done, dead or cancelled); return how many."""
        return self._handle.get().forget_all(_number_of(state))

    def output(self, job_id):
        """Return the output that was given at the end of a job, as bytes.

        Return None if none was given, or if the store no longer has it. The store keeps the outputs
        of seven days, and 256 MiB of them; those of the jobs that ended first go first.
        """
        return self._handle.get().output(job_id)

    def keep_outputs(self, keeps=True):
        """Set whether each output is kept for as long as its job, and not only as output() says.

        The setting applies to every process, and stays.
        """
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
        """Return a job as it is now, as a JobInfo; None if it is unknown."""
        found = self._handle.get().find(job_id)
        return None if found is None else self._info(found)

    def list(self, state, after=0, most=1000):
        """Return at most `most` jobs in a state whose ids are higher than `after`, as JobInfos."""
        return [self._info(each)
                for each in self._handle.get().list(_number_of(state), after, _most(most, 0))]

    def stats(self):
        """Return how many jobs are in each state, and whether the queue is paused or shut down."""
        return self._handle.get().stats()


def _reopened(kind, url, codec):
    return kind(url, codec=codec)


class DurableQueue:
    """Provide put, get, task_done and join of a multiprocessing.JoinableQueue on a job queue.

    Items survive a process that is killed: other processes get them again. An item that is done is
    forgotten. task_done ends the item that this process has held longest. Items are pickled only if
    you ask for it: codec="pickle".
    """

    def __init__(self, url, *, codec="json"):
        self._jobs = JobQueue(url, codec=codec)
        self._held, self._pid, self._lock = collections.deque(), os.getpid(), threading.Lock()

    def __reduce__(self):
        return _reopened, (type(self), self._jobs.url, self._jobs._codec_name)

    def _mine(self):
        if self._pid != os.getpid():  # after a fork: the items belong to the parent
            self._held, self._pid, self._lock = collections.deque(), os.getpid(), threading.Lock()
        return self._held

    def put(self, item, block=True, timeout=None):
        """Add an item. There is always room, so put never waits, and ignores block and timeout.

        Raises ShutDown after a shutdown.
        """
        del block, timeout
        self._jobs.put(item)

    def put_nowait(self, item):
        """Add an item, as put does."""
        self._jobs.put(item)

    def get(self, block=True, timeout=None):
        """Remove and return the next item.

        Waits at most `timeout` seconds; None: without a limit. If `block` is false, it does not
        wait. Raises Empty if there is no item then, and ShutDown once the queue is shut down and
        drained.
        """
        return self.get_many(1, block, timeout)[0]

    def get_nowait(self):
        """Remove and return the next item without waiting; raise what get raises."""
        return self.get(False)

    def put_many(self, items):
        """Add all items in one transaction, or none. Raises ShutDown after a shutdown."""
        self._jobs.put_many(items)

    def get_many(self, most, block=True, timeout=None):
        """Remove the next items, at most `most`, in one transaction, and return them as a list.

        Waits for an item as get does, then takes those that are there. Raises what get raises.
        """
        leases, items = self._jobs._taken(most, timeout if block else 0)
        self._mine().extend(leases)
        return list(items)

    def task_done(self, n=1):
        """Record, in one transaction, that the `n` longest held items have been processed.

        These are the items that this process has held longest. Raises ValueError, and changes
        nothing, if it holds fewer or `n` is negative. Raises LeaseLost if some were given to
        another worker.
        """
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
        """Wait until every item of every process has been processed.

        Raises TimeoutError if some item is not after `timeout` seconds; None: no limit.
        """
        self._jobs.join(timeout)

    def shutdown(self, immediate=False):
        """Refuse further puts, by any process.

        If `immediate`, also cancel the items that nobody holds.
        """
        self._jobs.shutdown(immediate)

    def qsize(self):
        """Return the number of items that can be got, now or later."""
        found = self._jobs.stats()
        return found["ready"] + found["delayed"]

    def empty(self):
        """Return whether there are no items that can be got."""
        return self.qsize() == 0

    def full(self):
        """Return False: the queue is never full."""
        return False

    def close(self):
        """Do nothing: every item that was put is in the store already."""

    join_thread = cancel_join_thread = close
