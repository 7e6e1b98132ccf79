// The rows of classes that operators declared, from files and from what commands say.
#pragma once

#include <span>

#include "model/declared_class.h"
#include "roles/client/inventory/collectors.h"

namespace muster::client {

// A declaration that may be followed, and until when.
struct TrustedClass {
  model::DeclaredClass declared;
  Timestamp expires;
  friend bool operator==(const TrustedClass&, const TrustedClass&) = default;
};

// Runs the commands of declarations that are trusted.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  // What it wrote to its standard output. Errors: kFactMissing where this machine has no such
  // program, kCommandUntrusted, kCommandFailed, kNoAccount.
  virtual Result<Bytes> run(const model::CommandCollector& command) = 0;
};

// The schema of the program's classes and these. One whose class has the name of an earlier one is
// left out.
model::Schema schema_of(std::span<const TrustedClass> classes);

// Adds to `out` the classes that `wanted` says. `schema` is that of `classes`; `now` is the time by
// which they expire. Errors stand in out.errors: kDeclarationExpired and those of the parts.
void collect_declared(const Source& source, std::span<const TrustedClass> classes,
                      const model::Schema& schema, CommandRunner& runner, Timestamp now,
                      const ClassFilter& wanted, Inventory& out);

// A value of the type, absent where the text is none: "yes" and "no" are booleans, a date or
// seconds since 1970 are times.
model::Value value_of(model::ColumnType type, model::VersionScheme scheme, std::string_view text);

}  // namespace muster::client
