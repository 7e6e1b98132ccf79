#include "trust/signer_log.h"

#include "base/log.h"
#include "base/sha256.h"

namespace muster::trust {
namespace {

namespace signer = contract::signer;

struct Line {
  const char* event;
  // What was asked for, without payloads.
  std::string subject;
  // Names the exact bytes for a later comparison; of public documents only.
  std::string sha256;
};

struct Describe {
  Line operator()(const signer::Public&) const { return {"signer.public", {}, {}}; }
  Line operator()(const signer::SignPolicyHeader& request) const {
    return {"signer.policy-header",
            fmt::format("{} {}.{}", request.device.text(), request.epoch, request.version),
            sha256_hex(request.payload)};
  }
  Line operator()(const signer::SignDocument& request) const {
    return {"signer.document", std::string(contract::to_text(request.type)),
            sha256_hex(request.payload)};
  }
  Line operator()(const signer::SignCatalogue& request) const {
    return {"signer.catalogue",
            fmt::format("{} {}", contract::to_text(request.role), request.version),
            sha256_hex(request.canonical)};
  }
  Line operator()(const signer::Issue& request) const {
    return {"signer.issue", fmt::format("{} {}", contract::to_text(request.profile), request.name),
            sha256_hex(request.request)};
  }
  Line operator()(const signer::Seal& request) const {
    return {"signer.seal", request.purpose, {}};
  }
  Line operator()(const signer::Unseal& request) const {
    return {"signer.unseal", request.purpose, {}};
  }
};

}  // namespace

bool needs_memory(const signer::Request& request) {
  return std::holds_alternative<signer::SignPolicyHeader>(request) ||
         std::holds_alternative<signer::SignCatalogue>(request);
}

void log_request(const signer::Request& request, const Result<signer::Answer>& answer) {
  const Line line = std::visit(Describe{}, request);
  if (!answer) {
    log::failure(log::Level::Warning, line.event, answer.error(),
                 {{"subject", line.subject}, {"sha256", line.sha256}});
    return;
  }
  std::string certificate;
  if (const auto* issued = std::get_if<signer::Issued>(&*answer))
    certificate = sha256_hex(issued->certificate_der);
  log::info(line.event, "answered",
            {{"subject", line.subject}, {"sha256", line.sha256}, {"certificate", certificate}});
}

}  // namespace muster::trust
