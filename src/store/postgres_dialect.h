// What PostgreSQL spells otherwise than SQLite: the whole of the difference between the engines.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace muster::store {

// The types of migrations.h in a script, as PostgreSQL's own. Texts sort by their bytes, as they
// do in SQLite, whatever the database's locale.
std::string postgres_script(std::string_view script);

// The kind that an SQLSTATE stands for (PostgreSQL 15, appendix A); `state` has five characters or
// none, when the connection broke.
const ErrorKind& postgres_error_kind(std::string_view state);

}  // namespace muster::store
