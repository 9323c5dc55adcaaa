// SPDX-License-Identifier: BSL-1.0
// Java's queues as rivals. For each line "putters getters capacity items" of stdin,
// `java Queues array|transfer` runs a round and prints its nanoseconds (transfer has no bound).
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.atomic.AtomicLong;

public class Queues {
    interface Body {
        void run() throws InterruptedException;
    }

    static long share(long all, int index, int count) {
        return all * (index + 1) / count - all * index / count;
    }

    static Thread started(CountDownLatch ready, CountDownLatch start, Body body) {
        Thread thread = new Thread(() -> {
            try {
                ready.countDown();
                start.await();
                body.run();
            } catch (InterruptedException never) {
                throw new IllegalStateException(never);
            }
        });
        thread.start();
        return thread;
    }

    static long round(BlockingQueue<Long> queue, int putters, int getters, long items)
            throws InterruptedException {
        CountDownLatch ready = new CountDownLatch(putters + getters), start = new CountDownLatch(1);
        AtomicLong left = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int p = 0; p < putters; ++p) {
            long mine = share(items, p, putters);
            left.addAndGet(mine * (mine + 1) / 2);
            threads.add(started(ready, start, () -> {
                for (long i = mine; i != 0; --i) queue.put(i);
            }));
        }
        for (int g = 0; g < getters; ++g) {
            long mine = share(items, g, getters);
            threads.add(started(ready, start, () -> {
                long sum = 0;
                for (long i = mine; i != 0; --i) sum += queue.take();
                left.addAndGet(-sum);
            }));
        }
        ready.await();
        long begin = System.nanoTime();
        start.countDown();
        for (Thread each : threads) each.join();
        long took = System.nanoTime() - begin;
        if (left.get() != 0) throw new IllegalStateException("items were lost or made up");
        return took;
    }

    public static void main(String[] arguments) throws InterruptedException {
        Scanner lines = new Scanner(System.in);
        while (lines.hasNextInt()) {
            int putters = lines.nextInt(), getters = lines.nextInt(), capacity = lines.nextInt();
            BlockingQueue<Long> queue = arguments[0].equals("transfer")
                    ? new LinkedTransferQueue<>() : new ArrayBlockingQueue<>(capacity);
            System.out.println(round(queue, putters, getters, lines.nextLong()));
        }
    }
}
