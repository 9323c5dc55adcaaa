// SPDX-License-Identifier: BSL-1.0
// Rust's channels as rivals. For each line "putters getters capacity items" of stdin (capacity 0:
// no bound), `channels_rust crossbeam|flume|kanal` runs a round and prints its nanoseconds.
use std::io::BufRead;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

type Put = Box<dyn FnOnce(u64) + Send>;
type Get = Box<dyn FnOnce(u64) -> u64 + Send>;

fn share(all: u64, index: u64, count: u64) -> u64 {
    all * (index + 1) / count - all * index / count
}

/// The two sides of a channel. Each function moves a whole share, so that its loop is inlined.
macro_rules! sides {
    ($bounded:path, $unbounded:path, $capacity:expr) => {{
        let (sender, receiver) = match $capacity {
            0 => $unbounded(),
            n => $bounded(n),
        };
        let put = move || -> Put {
            let sender = sender.clone();
            Box::new(move |items| (1..=items).for_each(|i| sender.send(i).expect("send")))
        };
        let get = move || -> Get {
            let receiver = receiver.clone();
            Box::new(move |items| (0..items).map(|_| receiver.recv().expect("recv")).sum())
        };
        (Box::new(put) as Box<dyn Fn() -> Put>, Box::new(get) as Box<dyn Fn() -> Get>)
    }};
}

fn channel(kind: &str, capacity: usize) -> (Box<dyn Fn() -> Put>, Box<dyn Fn() -> Get>) {
    match kind {
        "crossbeam" => {
            sides!(crossbeam_channel::bounded, crossbeam_channel::unbounded, capacity)
        }
        "flume" => sides!(flume::bounded, flume::unbounded, capacity),
        "kanal" => sides!(kanal::bounded, kanal::unbounded, capacity),
        _ => panic!("no such channel: {kind}; there are crossbeam, flume, kanal"),
    }
}

fn round(kind: &str, putters: u64, getters: u64, capacity: usize, items: u64) -> u128 {
    let (put, get) = channel(kind, capacity);
    let start = Arc::new(Barrier::new((putters + getters + 1) as usize));
    let mut expected = 0;
    let mut threads = Vec::new();
    for p in 0..putters {
        let (mine, side, start) = (share(items, p, putters), put(), start.clone());
        expected += mine * (mine + 1) / 2;
        threads.push(thread::spawn(move || {
            start.wait();
            side(mine);
            0
        }));
    }
    for g in 0..getters {
        let (mine, side, start) = (share(items, g, getters), get(), start.clone());
        threads.push(thread::spawn(move || {
            start.wait();
            side(mine)
        }));
    }
    start.wait();
    let begin = Instant::now();
    let sum: u64 = threads.into_iter().map(|each| each.join().expect("join")).sum();
    let took = begin.elapsed().as_nanos();
    assert_eq!(sum, expected, "items were lost or made up");
    took
}

fn main() {
    let kind = std::env::args().nth(1).expect("the name of a channel");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let n: Vec<u64> = line.split(' ').map(|each| each.parse().expect("a number")).collect();
        println!("{}", round(&kind, n[0], n[1], n[2] as usize, n[3]));
    }
}
