#include "contract/signer_protocol_messages.h"

#include "contract/errors.h"
#include "contract/fields.h"

namespace muster::contract::signer {
namespace {

Result<Bytes> bytes_field(const wire::Json& json, std::string_view key) {
  return TRY_IN(from_base64(TRY(TRY(json.at(key)).string())), "{}", key);
}

void write_bytes(wire::JsonWriter& w, std::string_view key, ByteView bytes) {
  w.key(key).string(to_base64(bytes));
}

void write_list(wire::JsonWriter& w, std::string_view key, const std::vector<std::string>& list) {
  w.key(key).array();
  for (const std::string& item : list) w.string(item);
  w.end();
}

// Writes the inside of the object of each request.
struct RequestWriter {
  wire::JsonWriter& w;

  void operator()(const Public&) const { w.key("ask").string("public"); }
  void operator()(const SignPolicyHeader& request) const {
    w.key("ask").string("sign-policy-header");
    w.key("device").string(request.device.text());
    w.key("epoch").number(request.epoch);
    w.key("version").number(request.version);
    write_bytes(w, "payload", request.payload);
  }
  void operator()(const SignDocument& request) const {
    w.key("ask").string("sign-document");
    w.key("type").string(contract::to_text(request.type));
    write_bytes(w, "payload", request.payload);
  }
  void operator()(const SignCatalogue& request) const {
    w.key("ask").string("sign-catalogue");
    w.key("role").string(contract::to_text(request.role));
    w.key("version").number(request.version);
    write_bytes(w, "canonical", request.canonical);
  }
  void operator()(const Issue& request) const {
    w.key("ask").string("issue");
    w.key("profile").string(contract::to_text(request.profile));
    write_bytes(w, "request", request.request);
    w.key("name").string(request.name);
    write_list(w, "dnsNames", request.dns_names);
    write_list(w, "ipAddresses", request.ip_addresses);
  }
  void operator()(const Seal& request) const {
    w.key("ask").string("seal");
    w.key("purpose").string(request.purpose);
    write_bytes(w, "plaintext", request.plaintext);
  }
  void operator()(const Unseal& request) const {
    w.key("ask").string("unseal");
    w.key("purpose").string(request.purpose);
    write_bytes(w, "sealed", request.sealed);
  }
};

Result<Request> read_issue(const wire::Json& json) {
  Issue issue;
  issue.profile = TRY(parse_certificate_profile(TRY(text_field(json, "profile"))));
  issue.request = TRY(bytes_field(json, "request"));
  issue.name = TRY(text_field(json, "name"));
  issue.dns_names = TRY(text_list_field(json, "dnsNames"));
  issue.ip_addresses = TRY(text_list_field(json, "ipAddresses"));
  return Request(std::move(issue));
}

struct AnswerWriter {
  wire::JsonWriter& w;

  void operator()(const PublicKeys& answer) const {
    w.key("answer").string("public");
    write_bytes(w, "policyKey", answer.policy_key);
    w.key("caCertificate").string(answer.ca_certificate_pem);
    w.key("snapshotVersion").number(answer.snapshot_version);
    w.key("timestampVersion").number(answer.timestamp_version);
  }
  void operator()(const Document& answer) const {
    w.key("answer").string("document");
    write_bytes(w, "framed", answer.framed);
  }
  void operator()(const CatalogueSigned& answer) const {
    w.key("answer").string("catalogue-signed");
    w.key("keyid").string(answer.key_id);
    write_bytes(w, "signature", answer.signature);
  }
  void operator()(const Issued& answer) const {
    w.key("answer").string("issued");
    write_bytes(w, "certificate", answer.certificate_der);
  }
  void operator()(const Sealed& answer) const {
    w.key("answer").string("sealed");
    write_bytes(w, "sealed", answer.sealed);
  }
  void operator()(const Unsealed& answer) const {
    w.key("answer").string("unsealed");
    write_bytes(w, "plaintext", answer.plaintext);
  }
  void operator()(const Refused& answer) const {
    w.key("answer").string("refused");
    w.key("number").number(static_cast<std::uint64_t>(answer.number));
    w.key("name").string(answer.name);
    w.key("detail").string(answer.detail);
    w.key("advice").string(answer.advice);
  }
};

Result<Answer> read_refused(const wire::Json& json) {
  const std::uint64_t number = TRY(number_field(json, "number"));
  if (number > UINT16_MAX) return fail(kSignerProtocol, "number {} has over 16 bits", number);
  Refused refused;
  refused.number = static_cast<std::uint16_t>(number);
  refused.name = TRY(text_field(json, "name"));
  refused.detail = TRY(text_field(json, "detail"));
  refused.advice = TRY(text_field(json, "advice"));
  return Answer(std::move(refused));
}

}  // namespace

void write_request(wire::JsonWriter& w, const Request& request) {
  w.object();
  std::visit(RequestWriter{w}, request);
  w.end();
}

Result<Request> read_request(const wire::Json& json) {
  const std::string ask = TRY(text_field(json, "ask"));
  if (ask == "public") return Request(Public{});
  if (ask == "sign-policy-header") {
    const auto device = TRY(device_field(json, "device"));
    const std::uint64_t epoch = TRY(number_field(json, "epoch"));
    const std::uint64_t version = TRY(number_field(json, "version"));
    Bytes payload = TRY(bytes_field(json, "payload"));
    return Request(SignPolicyHeader{device, epoch, version, std::move(payload)});
  }
  if (ask == "sign-document")
    return Request(SignDocument{TRY(parse_signed_type(TRY(text_field(json, "type")))),
                                TRY(bytes_field(json, "payload"))});
  if (ask == "sign-catalogue")
    return Request(SignCatalogue{TRY(parse_catalogue_role(TRY(text_field(json, "role")))),
                                 TRY(number_field(json, "version")),
                                 TRY(bytes_field(json, "canonical"))});
  if (ask == "issue") return read_issue(json);
  if (ask == "seal" || ask == "unseal") {
    std::string purpose = TRY(text_field(json, "purpose"));
    Bytes bytes = TRY(bytes_field(json, ask == "seal" ? "plaintext" : "sealed"));
    if (ask == "seal") return Request(Seal{std::move(purpose), std::move(bytes)});
    return Request(Unseal{std::move(purpose), std::move(bytes)});
  }
  return fail(kSignerProtocol, "ask '{}' is not known", ask.substr(0, 40));
}

void write_answer(wire::JsonWriter& w, const Answer& answer) {
  w.object();
  std::visit(AnswerWriter{w}, answer);
  w.end();
}

Result<Answer> read_answer(const wire::Json& json) {
  const std::string answer = TRY(text_field(json, "answer"));
  if (answer == "public") {
    PublicKeys keys;
    keys.policy_key = TRY(bytes_field(json, "policyKey"));
    keys.ca_certificate_pem = TRY(text_field(json, "caCertificate"));
    keys.snapshot_version = TRY(number_field(json, "snapshotVersion"));
    keys.timestamp_version = TRY(number_field(json, "timestampVersion"));
    return Answer(std::move(keys));
  }
  if (answer == "document") return Answer(Document{TRY(bytes_field(json, "framed"))});
  if (answer == "catalogue-signed") {
    std::string key_id = TRY(sha256_field(json, "keyid"));
    Bytes signature = TRY(bytes_field(json, "signature"));
    return Answer(CatalogueSigned{std::move(key_id), std::move(signature)});
  }
  if (answer == "issued") return Answer(Issued{TRY(bytes_field(json, "certificate"))});
  if (answer == "sealed") return Answer(Sealed{TRY(bytes_field(json, "sealed"))});
  if (answer == "unsealed") return Answer(Unsealed{TRY(bytes_field(json, "plaintext"))});
  if (answer == "refused") return read_refused(json);
  return fail(kSignerProtocol, "answer '{}' is not known", answer.substr(0, 40));
}

}  // namespace muster::contract::signer
