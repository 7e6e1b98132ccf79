// An error as the answer to an HTTP request: RFC 9457 problem+json with muster's number and advice.
#pragma once

#include <string>

#include "base/bytes.h"

namespace muster::contract {

Bytes encode_problem(int status, const Error& error);

// What a client of the API prints.
struct Problem {
  int status = 0;
  unsigned number = 0;
  std::string title;
  std::string detail;
  std::string advice;
};
Result<Problem> decode_problem(ByteView json);

}  // namespace muster::contract
