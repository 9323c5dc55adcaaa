// SPDX-License-Identifier: BSL-1.0
// Go's channels as a rival. Runs a round for each line "putters getters capacity items" of stdin
// and prints its nanoseconds to stdout. A channel always has a bound; 0 means none here.
package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

func share(all uint64, index, count int) uint64 {
	n, i := uint64(count), uint64(index)
	return all*(i+1)/n - all*i/n
}

func round(putters, getters int, capacity, items uint64) (time.Duration, error) {
	channel := make(chan uint64, capacity)
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	sums := make([]uint64, getters)
	expected := uint64(0)
	run := func(body func()) {
		ready.Add(1)
		done.Add(1)
		go func() {
			ready.Done()
			<-start
			body()
			done.Done()
		}()
	}
	for p := 0; p < putters; p++ {
		mine := share(items, p, putters)
		expected += mine * (mine + 1) / 2
		run(func() {
			for i := mine; i != 0; i-- {
				channel <- i
			}
		})
	}
	for g := 0; g < getters; g++ {
		mine := share(items, g, getters)
		run(func() {
			sum := uint64(0)
			for i := mine; i != 0; i-- {
				sum += <-channel
			}
			sums[g] = sum
		})
	}
	ready.Wait()
	begin := time.Now()
	close(start)
	done.Wait()
	took := time.Since(begin)
	for _, sum := range sums {
		expected -= sum
	}
	if expected != 0 {
		return took, fmt.Errorf("items were lost or made up")
	}
	return took, nil
}

func main() {
	for {
		var putters, getters int
		var capacity, items uint64
		if _, err := fmt.Scan(&putters, &getters, &capacity, &items); err != nil {
			return
		}
		took, err := round(putters, getters, capacity, items)
		if err != nil {
			fmt.Fprintln(os.Stderr, "channels.go:", err)
			os.Exit(1)
		}
		fmt.Println(took.Nanoseconds())
	}
}
