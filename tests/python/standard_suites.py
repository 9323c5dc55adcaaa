# SPDX-License-Identifier: BSL-1.0
"""CPython's own tests, run against conq's classes: `python standard_suites.py test_queue`.

The tests are those of the interpreter that runs this. Prints what ran; exit code 3: they are not
installed.
"""
import importlib
import sys
import tempfile
import types
import unittest


def tests_of_queue(suite):
    """Each test of Python's queue, with our module in place of it."""
    import conq
    for base in ("QueueTest", "LifoQueueTest", "PriorityQueueTest", "FailingQueueTest"):
        yield type("Conq" + base, (getattr(suite, base), unittest.TestCase), {"queue": conq})
    yield type("ConqSimpleQueueTest", (suite.CSimpleQueueTest,), {"queue": conq})


# These read private attributes of asyncio's queues.
PRIVATE = {"test_repr", "test_str", "test_format", "test_get_with_putters",
           "test_cancelled_getters_not_being_held_in_self_getters",
           "test_cancelled_puts_not_being_held_in_self_putters"}
if sys.version_info < (3, 11):
    PRIVATE |= {"test_why_are_getters_waiting", "test_why_are_putters_waiting"}


def tests_of_asyncio_queues(suite):
    """Each test of asyncio's queues, with ours in place of them, but those in PRIVATE."""
    import conq.asyncio as ours
    standard = suite.asyncio
    names = ["Queue", "LifoQueue", "PriorityQueue", "QueueEmpty", "QueueFull", "QueueShutDown"]
    suite.asyncio = types.ModuleType("asyncio")
    suite.asyncio.__dict__.update(vars(standard))
    suite.asyncio.__dict__.update({name: getattr(ours, name) for name in names})
    for base in list(vars(suite).values()):
        if not isinstance(base, type) or not issubclass(base, unittest.TestCase):
            continue
        skipped = {name: None for name in PRIVATE if hasattr(base, name)}
        candidate = getattr(base, "q_class", None)
        if candidate is not None:
            skipped["q_class"] = getattr(ours, candidate.__name__)
        yield type("Conq" + base.__name__, (base,), skipped)


def tests_of_logging(suite):
    """Those of QueueHandler and QueueListener, with our Queue in place of Python's."""
    import conq
    standard = suite.queue
    suite.queue = types.ModuleType("queue")
    suite.queue.__dict__.update(vars(standard))
    suite.queue.Queue = conq.Queue
    for base in ("QueueHandlerTest", "QueueListenerTest"):
        yield type("Conq" + base, (getattr(suite, base),), {})


# These test not the queue but how futures are waited for, and fail if a thread is late: all but
# the last two give up before a sleep of 0.5 to 6 s is over; those look at what a worker does after
# its result is there.
TIMED = {"test_timeout", "test_map_timeout", "test_zero_timeout", "test_future_times_out",
         "test_first_completed", "test_first_completed_some_already_completed",
         "test_first_exception", "test_first_exception_some_already_complete",
         "test_first_exception_one_already_failed", "test_idle_thread_reuse",
         "test_free_reference"}


def tests_of_thread_pools(*suites):
    """Those of ThreadPoolExecutor, whose work comes through our SimpleQueue, but those in TIMED."""
    import concurrent.futures.thread as pools
    import conq
    standard = pools.queue
    pools.queue = types.ModuleType("queue")
    pools.queue.__dict__.update(vars(standard))
    pools.queue.SimpleQueue = conq.SimpleQueue
    bases = ("ThreadPoolExecutorTest", "ThreadPoolWaitTests", "ThreadPoolAsCompletedTest",
             "ThreadPoolAsCompletedTests")
    for suite in suites:
        for base in bases:
            if hasattr(suite, base):
                candidate = getattr(suite, base)
                skipped = {name: None for name in TIMED if hasattr(candidate, name)}
                yield type("Conq" + base, (candidate,), skipped)


# A DurableQueue has no maxsize, and put refuses what cannot be stored; the others make a
# multiprocessing.Queue by its name.
OTHERS = {"test_put", "test_queue_feeder_donot_stop_onexc", "test_no_import_lock_contention",
          "test_timeout", "test_queue_feeder_on_queue_feeder_error",
          "test_closed_queue_empty_exceptions", "test_closed_queue_put_get_exceptions"}


def tests_of_multiprocessing(suite):
    """Those of queues between processes that use the candidate, a DurableQueue in a file."""
    import conq
    folder = tempfile.TemporaryDirectory()
    number = iter(range(1000))

    def make():
        return conq.DurableQueue(f"sqlite:{folder.name}/{next(number)}?durability=process")

    @classmethod
    def remove(_):
        folder.cleanup()
    skipped = {name: None for name in OTHERS if hasattr(suite._TestQueue, name)}
    yield type("ConqTestQueue", (suite._TestQueue, suite.ProcessesMixin, unittest.TestCase),
               {"Queue": staticmethod(make), "JoinableQueue": staticmethod(make),
                "tearDownClass": remove, **skipped})


POOLS = ["test.test_concurrent_futures"]
if sys.version_info >= (3, 12):
    POOLS = [f"{POOLS[0]}.{name}" for name in ("test_thread_pool", "test_wait",
                                               "test_as_completed")]
SUITES = {"test_logging": (["test.test_logging"], tests_of_logging),
          "test_thread_pool": (POOLS, tests_of_thread_pools),
          "test_queue": (["test.test_queue"], tests_of_queue),
          "test_queues": (["test.test_asyncio.test_queues"], tests_of_asyncio_queues),
          "test_multiprocessing": (["test._test_multiprocessing"], tests_of_multiprocessing)}


def main(name):
    modules, classes_of = SUITES[name]
    try:
        suites = [importlib.import_module(module) for module in modules]
    except ImportError as error:
        print(error)
        return 3
    tests = unittest.TestSuite()
    for each in classes_of(*suites):
        tests.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(each))
    result = unittest.TextTestRunner(stream=sys.stdout).run(tests)
    print(f"{name}: {result.testsRun} tests, {len(result.skipped)} skipped")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
