#include "trust/sealing.h"

#include "base/sha256.h"
#include "trust/errors.h"
#include "trust/peer_identity.h"

namespace muster::trust {
namespace {

constexpr std::string_view kRequestInfo = "muster-sealed/1 request";
constexpr std::string_view kAnswerLabel = "muster-sealed/1 answer";
// As long as the longer of the AEAD's key and nonce (RFC 9458 4.4).
constexpr std::size_t kAnswerNonceSize = kAeadKeySize;

struct AnswerKeys {
  Bytes key;
  Bytes nonce;
};

AnswerKeys answer_keys(ByteView secret, ByteView encapsulated, ByteView nonce) {
  Bytes salt(encapsulated);
  salt += nonce;
  const Bytes base = hkdf_extract(salt, secret);
  return {hkdf_expand(base, "key", kAeadKeySize), hkdf_expand(base, "nonce", kAeadNonceSize)};
}

}  // namespace

Result<OutgoingExchange> seal_request(const contract::SealedRequest& header, ByteView body,
                                      const EcdsaKey& key, ByteView site_public_key,
                                      Random& random) {
  const Bytes signed_part = contract::sealed_request_signed_part(header);
  const Bytes text = contract::frame_sealed_request(signed_part, key.sign(signed_part), body);
  const X25519Key ephemeral = X25519Key::generate(random);
  const HpkeContext context = TRY(hpke_send(site_public_key, kRequestInfo, ephemeral));
  const Bytes bound = contract::sealed_first_line(header.key_id);
  OutgoingExchange out;
  out.request = bound + ephemeral.public_raw() + context.seal(bound, text);
  out.number = header.number;
  out.encapsulated = ephemeral.public_raw();
  out.secret = context.export_secret(kAnswerLabel, kAeadKeySize);
  return out;
}

Result<contract::SealedAnswer> OutgoingExchange::open(ByteView answer) const {
  if (answer.size() < kAnswerNonceSize + kAeadTagSize)
    return fail(kNotOpened, "an answer of {} bytes", answer.size());
  const ByteView nonce = answer.substr(0, kAnswerNonceSize);
  const AnswerKeys keys = answer_keys(secret, encapsulated, nonce);
  const Bytes text = TRY(aead_open(keys.key, keys.nonce, "", answer.substr(kAnswerNonceSize)));
  auto out = TRY(contract::decode_sealed_answer(text));
  if (out.number != number)
    return fail(kWrongExchange, "the answer is to request {}, not {}", out.number, number);
  return out;
}

Result<IncomingExchange> open_request(const contract::SealedFrame& frame, const X25519Key& key) {
  const HpkeContext context = TRY(hpke_receive(key, kRequestInfo, frame.encapsulated));
  IncomingExchange in;
  in.text = TRY(context.open(frame.bound, frame.sealed));
  in.encapsulated = Bytes(frame.encapsulated);
  in.secret = context.export_secret(kAnswerLabel, kAeadKeySize);
  return in;
}

Bytes IncomingExchange::seal(const contract::SealedAnswer& answer, Random& random) const {
  const Bytes nonce = random.bytes(kAnswerNonceSize);
  const AnswerKeys keys = answer_keys(secret, encapsulated, nonce);
  return nonce + aead_seal(keys.key, keys.nonce, "", contract::encode_sealed_answer(answer));
}

Result<void> verify_sealed_request(const contract::ParsedSealedRequest& request,
                                   const CertificatePtr& certificate, std::string_view key_id) {
  const contract::SealedRequest& header = request.header;
  const PeerIdentity peer = TRY(identify_peer(certificate));
  if (peer.kind != PeerKind::Device || peer.id != header.sender.text())
    return fail(kWrongDevice, "a request of device {} with the certificate of {} '{}'",
                header.sender.text(), to_text(peer.kind), peer.id);
  if (!certificate->key.verify(request.signed_part, request.signature))
    return fail(kBadSignature, "request {} of device {}", header.number, header.sender.text());
  if (header.key_id != key_id)
    return fail(kWrongExchange, "the request was made for envelope key {}", header.key_id);
  if (sha256(request.body) != header.body_sha256)
    return fail(kWrongHash, "body of request {} of device {}", header.number, header.sender.text());
  return {};
}

}  // namespace muster::trust
