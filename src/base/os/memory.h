// What a long-lived process that mostly sleeps does about its memory.
#pragma once

namespace muster::os {

// To be called once, before any thread: one heap for all threads, and large blocks apart from it,
// so that they go back to the system when they are freed.
void prefer_small_memory();

// Gives back what lies free in the heap, and the pages of code that were needed for work that is
// done: what runs again is mapped again from the page cache.
void release_idle_memory();

}  // namespace muster::os
