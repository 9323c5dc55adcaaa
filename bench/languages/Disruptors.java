// SPDX-License-Identifier: BSL-1.0
// LMAX's Disruptor as a rival, with the blocking wait strategy and a pool of getters, one of which
// handles each item. For each line "putters getters capacity items" of stdin, `java Disruptors`
// runs a round and prints its nanoseconds. The capacity is a power of two.
import com.lmax.disruptor.BlockingWaitStrategy;
import com.lmax.disruptor.IgnoreExceptionHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.WorkHandler;
import com.lmax.disruptor.WorkProcessor;
import com.lmax.disruptor.dsl.ProducerType;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

public class Disruptors {
    static final class Event {
        long value;
    }

    static final long END = -1;

    static final class Getter implements WorkHandler<Event> {
        WorkProcessor<Event> processor;
        long sum, ended;

        @Override
        public void onEvent(Event event) {
            if (event.value == END) {
                ended = System.nanoTime();
                processor.halt();
            } else {
                sum += event.value;
            }
        }
    }

    static void put(RingBuffer<Event> ring, long value) {
        long at = ring.next();
        ring.get(at).value = value;
        ring.publish(at);
    }

    static long round(int putters, int getters, int capacity, long items)
            throws InterruptedException {
        RingBuffer<Event> ring = RingBuffer.create(
                putters == 1 ? ProducerType.SINGLE : ProducerType.MULTI, Event::new, capacity,
                new BlockingWaitStrategy());
        Sequence taken = new Sequence(-1);
        CountDownLatch ready = new CountDownLatch(putters + getters), start = new CountDownLatch(1);
        AtomicLong left = new AtomicLong();
        List<Thread> putting = new ArrayList<>(), getting = new ArrayList<>();
        List<Getter> all = new ArrayList<>();
        for (int g = 0; g < getters; ++g) {
            Getter mine = new Getter();
            all.add(mine);
            mine.processor = new WorkProcessor<>(
                    ring, ring.newBarrier(), mine, new IgnoreExceptionHandler(), taken);
            ring.addGatingSequences(mine.processor.getSequence());
            getting.add(Queues.started(ready, start, () -> {
                mine.processor.run();
                left.addAndGet(-mine.sum);
            }));
        }
        for (int p = 0; p < putters; ++p) {
            long mine = Queues.share(items, p, putters);
            left.addAndGet(mine * (mine + 1) / 2);
            putting.add(Queues.started(ready, start, () -> {
                for (long i = mine; i != 0; --i) put(ring, i);
            }));
        }
        ready.await();
        long begin = System.nanoTime();
        start.countDown();
        for (Thread each : putting) each.join();
        // A getter that ends may have claimed the next item, so ends are put until all have ended.
        for (Thread each : getting) {
            while (each.isAlive()) {
                put(ring, END);
                each.join(1);
            }
        }
        long first = Long.MAX_VALUE;
        for (Getter each : all) first = Math.min(first, each.ended);
        if (left.get() != 0) throw new IllegalStateException("items were lost or made up");
        return first - begin;
    }

    public static void main(String[] arguments) throws InterruptedException {
        Scanner lines = new Scanner(System.in);
        while (lines.hasNextInt()) {
            System.out.println(round(
                    lines.nextInt(), lines.nextInt(), lines.nextInt(), lines.nextLong()));
        }
    }
}
