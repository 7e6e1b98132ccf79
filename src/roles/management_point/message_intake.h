// Takes clients' messages: verified, then durable in the inbox, then acknowledged.
#pragma once

#include "hosting/intake_limit.h"
#include "hosting/route_table.h"
#include "hosting/site.h"
#include "roles/management_point/stream_places.h"

namespace muster::management_point {

// What is remembered of those who bring messages.
struct Intake {
  hosting::IntakeLimit limit{};
  StreamPlaces places{};
};

// The class of a message by the name of its type; of an unknown type the last one of messages.
hosting::TrafficClass message_class(std::string_view type);

// 204 once the message is durable; the same message may come again and is acknowledged again
// (the loader drops it). 400 for a bad envelope, 403 for another's, 409 for one behind its stream,
// 429 beyond the device's share, 503 when the inbox is full, and while the database is away for a
// stream of which nothing is remembered. 400 too when Muster-Message named another type.
net::Response take_message(hosting::Site& site, hosting::Call& call, Intake& intake);

}  // namespace muster::management_point
