// How handlers of the provider answer: JSON, problems with the fitting status, pages by cursor.
#pragma once

#include <string>

#include "hosting/route_table.h"

namespace muster::provider {

net::Response json_answer(int status, Bytes body);
net::Response empty_answer();

// The problem document with the status that the error's kind calls for.
net::Response problem_answer(const Error& error);

// answer(handler()) for handlers that return Result<net::Response>.
net::Response answer(Result<net::Response> result);

// "operator NAME", for the audit.
std::string actor_of(const hosting::Call& call);
bool dry_run(const hosting::Call& call);

// 1 to 1000, default 100. Error: kBadRequest.
Result<std::int64_t> page_limit(const hosting::Call& call);
// Cursors are opaque to callers: base64url of the last key of the page before.
std::string make_cursor(std::string_view key);
Result<std::string> read_cursor(const hosting::Call& call);

}  // namespace muster::provider
