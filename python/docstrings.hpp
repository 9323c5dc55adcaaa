// SPDX-License-Identifier: BSL-1.0
// The docstrings of the classes and methods that are written in C++. help() shows them, and
// inspect.signature() reads the signature in the first line. A test compares it with the stubs.
#ifndef CONQ_PYTHON_DOCSTRINGS_HPP
#define CONQ_PYTHON_DOCSTRINGS_HPP

namespace conq::python::docstring {

inline constexpr char queue[] =
    "Queue(maxsize=0)\n--\n\n"
    "Create a queue of at most maxsize items, first in, first out; 0: no bound.";
inline constexpr char lifo_queue[] =
    "LifoQueue(maxsize=0)\n--\n\n"
    "Create a queue of at most maxsize items, last in, first out; 0: no bound.";
inline constexpr char priority_queue[] =
    "PriorityQueue(maxsize=0)\n--\n\n"
    "Create a queue of at most maxsize items, the lowest by `<` first; 0: no bound.\n\n"
    "Equal items come out in the order in which they were put.";
inline constexpr char simple_queue[] =
    "SimpleQueue()\n--\n\n"
    "Create a queue without a bound, first in, first out, that does not count what is done.";

inline constexpr char put[] =
    "put($self, /, item, block=True, timeout=None)\n--\n\n"
    "Add an item, and wait while the queue is full.\n\n"
    "Wait at most timeout seconds; None: without a limit. If block is false, do not wait.\n"
    "Raises Full if the queue is still full then, and ShutDown after a shutdown.";
inline constexpr char put_nowait[] =
    "put_nowait($self, /, item)\n--\n\n"
    "Add an item without waiting.\n\n"
    "Raises Full if the queue is full, and ShutDown after a shutdown; in conq.asyncio, QueueFull\n"
    "and QueueShutDown.";
inline constexpr char put_many[] =
    "put_many($self, /, items, block=True, timeout=None)\n--\n\n"
    "Add all items, and wait as put does.\n\n"
    "Raises what put raises. The exception's attribute count is the number of items that were\n"
    "added.";
inline constexpr char get[] =
    "get($self, /, block=True, timeout=None)\n--\n\n"
    "Remove and return the next item, and wait while there is none.\n\n"
    "Wait at most timeout seconds; None: without a limit. If block is false, do not wait.\n"
    "Raises Empty if there is still no item then, and ShutDown once the queue is shut down and\n"
    "drained.";
inline constexpr char get_nowait[] =
    "get_nowait($self, /)\n--\n\n"
    "Remove and return the next item without waiting.\n\n"
    "Raises Empty if there is none, and ShutDown once the queue is shut down and drained; in\n"
    "conq.asyncio, QueueEmpty and QueueShutDown.";
inline constexpr char get_many[] =
    "get_many($self, /, max, block=True, timeout=None)\n--\n\n"
    "Remove the next items, at most max, and return them as a list.\n\n"
    "Wait for one item, as get does, then take those that are there. Raises what get raises.";
inline constexpr char qsize[] = "qsize($self, /)\n--\n\nReturn the number of items in the queue.";
inline constexpr char empty[] = "empty($self, /)\n--\n\nReturn whether no item is in the queue.";
inline constexpr char full[] =
    "full($self, /)\n--\n\nReturn whether maxsize items are in the queue.";
inline constexpr char task_done[] =
    "task_done($self, /, n=1)\n--\n\n"
    "Record that n items have been processed.\n\n"
    "Raises ValueError, and changes nothing, if that would be more items than were put.";
inline constexpr char join[] =
    "join($self, /, timeout=None)\n--\n\n"
    "Wait until every item that was put has been processed.\n\n"
    "Wait at most timeout seconds; None: without a limit. Raises TimeoutError if some item is\n"
    "not done by then.";
inline constexpr char shutdown[] =
    "shutdown($self, /, immediate=False)\n--\n\n"
    "Refuse further puts, and let gets raise once the queue is drained.\n\n"
    "If immediate, drop the items in the queue at once; they count as done.";
inline constexpr char clear[] =
    "clear($self, /)\n--\n\n"
    "Drop the items in the queue, and return how many they were.\n\n"
    "They count as done.";

inline constexpr char aget[] =
    "aget($self, /)\n--\n\n"
    "Remove and return the next item, as get does; to be awaited in an event loop.";
inline constexpr char aput[] =
    "aput($self, /, item)\n--\n\n"
    "Add an item, as put does; to be awaited in an event loop.";
inline constexpr char ajoin[] =
    "ajoin($self, /)\n--\n\n"
    "Wait until every item is done, as join does; to be awaited in an event loop.";
inline constexpr char loop_get[] =
    "get($self, /)\n--\n\n"
    "Remove and return the next item, and wait while there is none; to be awaited.\n\n"
    "Raises QueueShutDown once the queue is shut down and drained.";
inline constexpr char loop_put[] =
    "put($self, /, item)\n--\n\n"
    "Add an item, and wait while the queue is full; to be awaited.\n\n"
    "Raises QueueShutDown after a shutdown.";
inline constexpr char loop_join[] =
    "join($self, /)\n--\n\n"
    "Wait until every item that was put has been processed; to be awaited.";

inline constexpr char maxsize[] = "How many items fit; 0: no bound. May be set.";
inline constexpr char unfinished_tasks[] = "How many items were put and are not done yet.";
inline constexpr char is_shutdown[] = "Whether the queue was shut down.";

}  // namespace conq::python::docstring

#endif
