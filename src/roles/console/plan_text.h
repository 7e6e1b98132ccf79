// A plan as people read it: one line an object and field, and who will be hit.
#pragma once

#include <string>

#include "contract/plan.h"

namespace muster::console {

// "package hello" and a word for what happens to it.
std::string plan_line(const contract::PlanItem& item);
// "  spec.start: site value -> file value" for each field.
std::string change_lines(const contract::PlanItem& item);
// What a deployment hits, indented; empty without it.
std::string impact_lines(const contract::PlanItem& item);
std::string size_text(std::uint64_t bytes);

}  // namespace muster::console
