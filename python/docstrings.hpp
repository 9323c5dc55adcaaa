// SPDX-License-Identifier: BSL-1.0
// What help() and inspect.signature() say of the classes and methods that are written in C++.
#ifndef CONQ_PYTHON_DOCSTRINGS_HPP
#define CONQ_PYTHON_DOCSTRINGS_HPP

namespace conq::python::docstring {

inline constexpr char queue[] =
    "Queue(maxsize=0)\n--\n\n"
    "A queue of at most maxsize items, first in, first out; 0: no bound.";
inline constexpr char lifo_queue[] =
    "LifoQueue(maxsize=0)\n--\n\n"
    "A queue of at most maxsize items, the last in first out; 0: no bound.";
inline constexpr char priority_queue[] =
    "PriorityQueue(maxsize=0)\n--\n\n"
    "A queue of at most maxsize items, the lowest by `<` first, equals in the order of put; 0: no\n"
    "bound.";
inline constexpr char simple_queue[] =
    "SimpleQueue()\n--\n\n"
    "A queue without a bound, first in, first out, that does not count what is done.";

inline constexpr char put[] =
    "put($self, /, item, block=True, timeout=None)\n--\n\n"
    "Adds an item; waits while the queue is full, at most timeout seconds. Raises Full if it may\n"
    "not wait or has waited in vain, ShutDown after a shutdown.";
inline constexpr char put_nowait[] = "put_nowait($self, /, item)\n--\n\nput without waiting.";
inline constexpr char put_many[] =
    "put_many($self, /, items, block=True, timeout=None)\n--\n\n"
    "Adds all items, as put does. What it raises has the number of items that are in as its count.";
inline constexpr char get[] =
    "get($self, /, block=True, timeout=None)\n--\n\n"
    "Removes the next item; waits while there is none, at most timeout seconds. Raises Empty if\n"
    "it may not wait or has waited in vain, ShutDown once the queue is shut down and drained.";
inline constexpr char get_nowait[] = "get_nowait($self, /)\n--\n\nget without waiting.";
inline constexpr char get_many[] =
    "get_many($self, /, max, block=True, timeout=None)\n--\n\n"
    "A list of the next items: waits for one, as get does, and takes up to max that are there.";
inline constexpr char qsize[] = "qsize($self, /)\n--\n\nHow many items are in.";
inline constexpr char empty[] = "empty($self, /)\n--\n\nWhether no item is in.";
inline constexpr char full[] = "full($self, /)\n--\n\nWhether maxsize items are in.";
inline constexpr char task_done[] =
    "task_done($self, /, n=1)\n--\n\n"
    "n items have been processed. Raises ValueError, and changes nothing, if that would be more\n"
    "than were put.";
inline constexpr char join[] =
    "join($self, /, timeout=None)\n--\n\n"
    "Waits until every item that was put has been processed. Raises TimeoutError.";
inline constexpr char shutdown[] =
    "shutdown($self, /, immediate=False)\n--\n\n"
    "No more puts; gets take what is in, and then raise. If immediate, what is in is dropped and\n"
    "counts as done.";
inline constexpr char clear[] =
    "clear($self, /)\n--\n\nDrops what is in, which counts as done; how many items that were.";

inline constexpr char aget[] = "aget($self, /)\n--\n\nget for an event loop: to be awaited.";
inline constexpr char aput[] = "aput($self, /, item)\n--\n\nput for an event loop: to be awaited.";
inline constexpr char ajoin[] = "ajoin($self, /)\n--\n\njoin for an event loop: to be awaited.";
inline constexpr char loop_get[] =
    "get($self, /)\n--\n\n"
    "To be awaited: removes the next item; waits while there is none. Raises QueueShutDown once\n"
    "the queue is shut down and drained.";
inline constexpr char loop_put[] =
    "put($self, /, item)\n--\n\n"
    "To be awaited: adds an item; waits while the queue is full. Raises QueueShutDown after a\n"
    "shutdown.";
inline constexpr char loop_join[] =
    "join($self, /)\n--\n\n"
    "To be awaited: waits until every item that was put has been processed.";

inline constexpr char maxsize[] = "How many items fit; 0: no bound. It may be set.";
inline constexpr char unfinished_tasks[] = "How many items were put and are not done yet.";
inline constexpr char is_shutdown[] = "Whether the queue was shut down.";

}  // namespace conq::python::docstring

#endif
