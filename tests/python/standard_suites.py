# SPDX-License-Identifier: BSL-1.0
"""CPython's own tests, run against conq's classes: `python standard_suites.py test_queue`.

The tests are those of the interpreter that runs this. Prints what ran; exit code 3: they are not
installed.
"""
import importlib
import sys
import unittest


def tests_of_queue(suite):
    """Each test of Python's queue, with our module in place of it."""
    import conq
    for base in ("QueueTest", "LifoQueueTest", "PriorityQueueTest", "FailingQueueTest"):
        yield type("Conq" + base, (getattr(suite, base), unittest.TestCase), {"queue": conq})
    yield type("ConqSimpleQueueTest", (suite.CSimpleQueueTest,), {"queue": conq})


SUITES = {"test_queue": ("test.test_queue", tests_of_queue)}


def main(name):
    module, classes_of = SUITES[name]
    try:
        suite = importlib.import_module(module)
    except ImportError as error:
        print(error)
        return 3
    tests = unittest.TestSuite()
    for each in classes_of(suite):
        tests.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(each))
    result = unittest.TextTestRunner(stream=sys.stdout).run(tests)
    print(f"{name}: {result.testsRun} tests, {len(result.skipped)} skipped")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
