// The other documents of contract/: what clients send, what policy says, what the interface and
// the configuration files carry. The first byte chooses the document; what is taken and written
// reads back to the same text.
#include <cstdint>

#include "base/check.h"
#include "contract/api.h"
#include "contract/collected_files.h"
#include "contract/explanation.h"
#include "contract/fallback_message.h"
#include "contract/inventory_report.h"
#include "contract/location.h"
#include "contract/log_line.h"
#include "contract/nudge.h"
#include "contract/pace.h"
#include "contract/plan.h"
#include "contract/policy.h"
#include "contract/policy_bodies.h"
#include "contract/policy_view.h"
#include "contract/problem.h"
#include "contract/public_documents.h"
#include "contract/scenario.h"
#include "contract/site_config.h"
#include "contract/status_report.h"
#include "model/boundary.h"

namespace muster::contract {
namespace {

template <typename Document>
void check(ByteView text, Result<Document> (*decode)(ByteView), Bytes (*encode)(const Document&)) {
  const auto first = decode(text);
  if (!first) return;
  const Bytes written = encode(*first);
  const auto second = decode(written);
  MUSTER_CHECK(second.has_value());
  MUSTER_CHECK(encode(*second) == written);
}

// A question's text form is one of its own, not JSON.
void check_question(ByteView text) {
  const auto first = decode_locator_query(text);
  if (!first) return;
  const auto second = decode_locator_query(encode_locator_query(*first));
  MUSTER_CHECK(second.has_value());
  MUSTER_CHECK(second->addresses == first->addresses && second->nonce == first->nonce);
}

// An area reads back as it was written.
void check_boundary(ByteView text) {
  for (const auto form :
       {model::BoundaryForm::Subnet, model::BoundaryForm::Range, model::BoundaryForm::Ipv6Prefix}) {
    const auto first = model::make_boundary("a", form, text);
    if (!first) continue;
    MUSTER_CHECK(model::make_boundary("a", form, first->area()) == *first);
  }
}

Result<InventoryReport> read_inventory_report(ByteView text) {
  return decode_inventory_report(text, model::Schema());
}
Result<Heartbeat> read_heartbeat(ByteView text) { return decode_heartbeat(text, model::Schema()); }

void check_document(char kind, ByteView text) {
  switch (kind) {
    case 'i':
      static_cast<void>(reported_classes(text));
      return check(text, read_inventory_report, encode_inventory_report);
    case 'h':
      return check(text, read_heartbeat, encode_heartbeat);
    case 'c':
      return check(text, decode_collected_files, encode_collected_files);
    case 's':
      return check(text, decode_status_report, encode_status_report);
    case 'p':
      return check(text, decode_policy_header, encode_policy_header);
    case 'b':
      return check(text, decode_policy_body, encode_policy_body);
    case 't':
      return check(text, decode_site_time, encode_site_time);
    case 'e':
      return check(text, decode_explanation, encode_explanation);
    case 'f':
      return check(text, decode_fallback_message, encode_fallback_message);
    case 'l':
      return check(text, decode_locator_answer, encode_locator_answer);
    case 'L':
      return check_question(text);
    case 'B':
      return check_boundary(text);
    case 'm':
      return check(text, decode_management_points, encode_management_points);
    case 'R':
      return check(text, decode_revocations, encode_revocations);
    case 'n':
      return check(text, decode_plan, encode_plan);
    case 'N':
      return check(text, decode_plan_request, encode_plan_request);
    case 'g': {
      // No line is refused, and what a line says is one line in both forms.
      const LogLine line = parse_log_line(text);
      const LogLine again = parse_log_line(json_log_line(line));
      MUSTER_CHECK(json_log_line(line).find('\n') == std::string::npos);
      MUSTER_CHECK(json_log_line(again) == json_log_line(line));
      MUSTER_CHECK(cmtrace_log_line(line).find('\n') == std::string::npos);
      return;
    }
    case 'u':
      static_cast<void>(decode_look(text));
      static_cast<void>(parse_epoch(text));
      return check(text, decode_nudge, encode_nudge);
    case 'P': {
      static_cast<void>(decode_retry_after(text));
      if (const auto stretch = decode_stretch(text)) MUSTER_CHECK(encode_stretch(*stretch) == text);
      return;
    }
    case 'y':
      if (const auto names = decode_body_names(text))
        MUSTER_CHECK(encode_body_names(std::vector<std::string>(names->begin(), names->end())) ==
                     text);
      static_cast<void>(decode_policy_bodies(text));
      return;
    case 'r':
      static_cast<void>(decode_problem(text));
      return;
    case 'q':
      static_cast<void>(decode_query_request(text));
      return;
    case 'a':
      static_cast<void>(decode_query_answer(text));
      return;
    case 'k':
      static_cast<void>(decode_token_request(text));
      return;
    case 'S':
      static_cast<void>(decode_site_config(text, "musterd.yaml"));
      return;
    case 'C':
      static_cast<void>(decode_client_config(text, "client.yaml"));
      return;
    case 'z':
      static_cast<void>(decode_scenario(text, "scenario.yaml"));
      return;
    case 'T':
      return check(text, decode_collection_trigger_view, encode_collection_trigger_view);
    case 'O':
      static_cast<void>(decode_operator_context(text, "context.yaml"));
      return;
    default:
      return;
  }
}

}  // namespace
}  // namespace muster::contract

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const muster::ByteView text(reinterpret_cast<const char*>(data) + 1, size - 1);
  muster::contract::check_document(static_cast<char>(data[0]), text);
  return 0;
}
