#include "simulator/fleet_state.h"

#include <algorithm>
#include <map>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/os/file.h"
#include "contract/enrolment_token.h"
#include "contract/scenario.h"
#include "simulator/errors.h"
#include "trust/keys.h"

namespace muster::simulator {
namespace {

constexpr std::uint32_t kMagic = 0x4d585643;  // "MXVC"
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kFileLimit = 4ull << 30;

Result<KeptClient> read_client(ByteReader& in) {
  const std::uint64_t number = TRY(in.varint());
  KeptClient out{.number = number, .device = TRY(model::DeviceId::from_bytes(TRY(in.bytes(16))))};
  out.key_pem = std::string(TRY(in.sized()));
  out.certificate_pem = std::string(TRY(in.sized()));
  out.password = std::string(TRY(in.sized()));
  out.patches = TRY(in.varint());
  if (TRY(in.u8()) == 1) out.reported = TRY(in.varint());
  return out;
}

Result<FleetState> read_state(ByteView bytes) {
  ByteReader in(bytes);
  if (TRY(in.u32()) != kMagic) return fail(kBadFleetState, "another file");
  if (TRY(in.u8()) != kFormat) return fail(kBadFleetState, "another format");
  FleetState out;
  out.ca_sha256 = Bytes(TRY(in.sized()));
  out.root_sha256 = Bytes(TRY(in.sized()));
  const std::uint64_t count = TRY(in.varint());
  if (count > contract::kMostVirtualClients) return fail(kBadFleetState, "{} clients", count);
  for (std::uint64_t i = 0; i < count; ++i) out.clients.push_back(TRY(read_client(in)));
  if (!in.at_end()) return fail(kBadFleetState, "bytes behind the end");
  return out;
}

Result<std::vector<contract::EnrolmentToken>> read_tokens(ByteView text) {
  std::vector<contract::EnrolmentToken> out;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const ByteView word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!word.empty())
      out.push_back(TRY_IN(contract::parse_enrolment_token(word), "tokens, line {}", line));
  }
  return out;
}

}  // namespace

Result<FleetState> load_fleet_state(const std::filesystem::path& file) {
  if (!os::file_exists(file)) return FleetState();
  const Bytes bytes = TRY(os::read_file(file, kFileLimit));
  auto state = read_state(bytes);
  if (!state) return fail(kBadFleetState, "{}: {}", file.string(), state.error().detail());
  return state;
}

Result<void> save_fleet_state(const std::filesystem::path& file, const FleetState& state) {
  ByteWriter out;
  out.u32(kMagic);
  out.u8(kFormat);
  out.sized(state.ca_sha256);
  out.sized(state.root_sha256);
  out.varint(state.clients.size());
  for (const KeptClient& client : state.clients) {
    out.varint(client.number);
    out.bytes(client.device.bytes());
    for (const std::string* text : {&client.key_pem, &client.certificate_pem, &client.password})
      out.sized(*text);
    out.varint(client.patches);
    out.u8(client.reported ? 1 : 0);
    if (client.reported) out.varint(*client.reported);
  }
  return os::replace_file(file, out.view(), os::FileMode::Private);
}

Result<void> add_clients(FleetState& state, std::uint64_t first, std::uint64_t count,
                         ByteView tokens, Random& random) {
  std::map<std::uint64_t, KeptClient> clients;
  for (KeptClient& each : state.clients) clients.emplace(each.number, std::move(each));
  auto unused = TRY(read_tokens(tokens));
  // One that was given out in a run before is its client's own.
  std::erase_if(unused, [&](const contract::EnrolmentToken& token) {
    return std::ranges::any_of(
        clients, [&](const auto& each) { return each.second.password == token.password(); });
  });
  std::size_t next = 0;
  for (std::uint64_t number = first; number < first + count; ++number) {
    if (clients.contains(number)) continue;
    if (next == unused.size()) {
      ++next;
      break;
    }
    const contract::EnrolmentToken& token = unused[next++];
    state.ca_sha256 = token.ca_sha256;
    state.root_sha256 = token.root_sha256;
    clients.emplace(number, KeptClient{.number = number,
                                       .device = model::DeviceId::make(random),
                                       .key_pem = std::string(trust::EcdsaKey::generate().pem()),
                                       .password = token.password()});
  }
  state.clients.clear();
  for (auto& each : clients) state.clients.push_back(std::move(each.second));
  if (next > unused.size())
    return fail(kTooFewTokens, "{} clients are wanted from number {} on; {} tokens were unused",
                count, first, unused.size());
  return {};
}

}  // namespace muster::simulator
