// One request or answer of the signer as JSON; signer_protocol.cc puts them into frames.
#pragma once

#include "contract/signer_protocol.h"
#include "wire/json.h"

namespace muster::contract::signer {

void write_request(wire::JsonWriter& w, const Request& request);
Result<Request> read_request(const wire::Json& json);
void write_answer(wire::JsonWriter& w, const Answer& answer);
Result<Answer> read_answer(const wire::Json& json);

}  // namespace muster::contract::signer
