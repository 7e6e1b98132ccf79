// The JSON Schema of object files, from what the codecs ask of the sample documents.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "wire/field_watch.h"

namespace muster::contract {

// What is known of one place of a kind's documents.
struct FieldShape {
  std::vector<std::string> keys;  // of a mapping, as the codec lists them
  std::map<std::string, FieldShape> members;
  std::unique_ptr<FieldShape> item;  // of a list
  std::set<wire::Node::Kind> kinds;
  std::optional<std::pair<std::int64_t, std::int64_t>> bounds;
  std::vector<wire::Node> examples;
  unsigned openings = 0;
  std::map<std::string, unsigned> demands;  // how many openings demanded a key
};

// The sample documents of a kind: tests/contract/samples/KIND.json. They hold every field, with
// another value in `second` wherever a value may be another.
struct ObjectSamples {
  std::string kind;
  wire::Node first;
  wire::Node second;
  std::vector<wire::Node> others{};  // with keys that exclude those of the two
};
std::vector<ObjectSamples> object_samples();

// Decodes all samples under a watch.
FieldShape observed_shape(const ObjectSamples& samples);

std::string object_schema();

}  // namespace muster::contract
