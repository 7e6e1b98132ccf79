// Asks the operating system for something that only POSIX has, as no portable file may. It belongs
// to no program: ./test portable wants its compilation for Windows to fail.
#include <sys/socket.h>

#include "base/result.h"

namespace muster {

int open_something() { return ::socket(AF_UNIX, SOCK_STREAM, 0); }

}  // namespace muster
