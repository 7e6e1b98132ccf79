#include "store/postgres_dialect.h"

#include "store/errors.h"

namespace muster::store {
namespace {

struct Spelling {
  std::string_view ours;
  std::string_view theirs;
};
constexpr Spelling kTypes[] = {{"INTEGER", "BIGINT"},
                               {"TEXT", "TEXT COLLATE \"C\""},
                               {"BLOB", "BYTEA"},
                               {"REAL", "DOUBLE PRECISION"}};

bool is_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view spelt(std::string_view word) {
  for (const Spelling& type : kTypes)
    if (word == type.ours) return type.theirs;
  return word;
}

struct StateKind {
  std::string_view prefix;
  const ErrorKind* kind;
};
// The first that fits.
constexpr StateKind kStates[] = {
    {"23", &kConstraint},           {"22021", &kUnstorableText},  // character_not_in_repertoire
    {"22P05", &kUnstorableText},                                  // untranslatable_character
    {"40", &kDatabaseBusy},          // serialization_failure, deadlock_detected
    {"55P03", &kDatabaseBusy},       // lock_not_available
    {"57014", &kDatabaseBusy},       // query_canceled: the statement's time ran out
    {"53100", &kDiskFull},           // disk_full
    {"XX001", &kDatabaseCorrupt},    // data_corrupted
    {"XX002", &kDatabaseCorrupt},    // index_corrupted
    {"42501", &kDatabaseRefused},    // insufficient_privilege
    {"25006", &kServerUnavailable},  // read_only_sql_transaction: a standby
    {"25P03", &kServerUnavailable},  // idle_in_transaction_session_timeout
    {"08", &kServerUnavailable},     // connection exceptions
    {"28", &kServerUnavailable},     // invalid authorisation
    {"3D", &kServerUnavailable},     // no such database
    {"53", &kServerUnavailable},     // insufficient resources
    {"57", &kServerUnavailable},     // operator intervention: shutdown, crash
    {"58", &kServerUnavailable},     // system errors
};

}  // namespace

std::string postgres_script(std::string_view script) {
  std::string out;
  out.reserve(script.size() + script.size() / 8);
  for (std::size_t at = 0; at < script.size();) {
    const std::size_t begin = at;
    if (script[at] == '\'' || script[at] == '"') {
      // A doubled quote ends one literal and begins the next.
      at = std::min(script.find(script[at], at + 1), script.size() - 1) + 1;
      out += script.substr(begin, at - begin);
    } else if (is_word(script[at])) {
      while (at < script.size() && is_word(script[at])) ++at;
      out += spelt(script.substr(begin, at - begin));
    } else {
      out += script[at++];
    }
  }
  return out;
}

const ErrorKind& postgres_error_kind(std::string_view state) {
  if (state.empty()) return kServerUnavailable;
  for (const StateKind& each : kStates)
    if (state.starts_with(each.prefix)) return *each.kind;
  return kDatabaseFailed;
}

}  // namespace muster::store
