// SIGINT and SIGTERM as a wait: programs end in order, never from inside a signal handler.
#pragma once

namespace muster::hosting {

// Blocks both signals in this thread and all that it starts. To be called first in main().
void block_stop_signals();

// Returns when one of them has come.
void wait_for_stop_signal();

}  // namespace muster::hosting
