#include "trust/x509_names.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/utf8.h"

namespace muster::trust {
namespace {

constexpr std::size_t kCommonNameLimit = 64;  // RFC 5280, upper bound of a common name
constexpr std::size_t kUriLimit = 255;
constexpr std::size_t kNameListLimit = 64;

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string_view view_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

Result<std::string> read_address(const ASN1_OCTET_STRING* bytes, const ErrorKind& kind) {
  const std::string_view raw = view_of(bytes);
  char text[INET6_ADDRSTRLEN] = {};
  const int family = raw.size() == 4 ? AF_INET : AF_INET6;
  if (raw.size() != 4 && raw.size() != 16) return fail(kind, "an address of {} bytes", raw.size());
  MUSTER_CHECK(inet_ntop(family, raw.data(), text, sizeof text) != nullptr);
  return std::string(text);
}

void add_text(GENERAL_NAMES* names, int type, std::string_view text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  MUSTER_CHECK(value != nullptr);
  MUSTER_CHECK(ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1);
  GENERAL_NAME* name = GENERAL_NAME_new();
  MUSTER_CHECK(name != nullptr);
  GENERAL_NAME_set0_value(name, type, value);
  MUSTER_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

}  // namespace

bool is_dns_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (label == 0 || text[i - 1] == '-') return false;
      label = 0;
      continue;
    }
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alphanumeric && (c != '-' || label == 0)) return false;
    if (++label > 63) return false;
  }
  return label > 0 && text.back() != '-';
}

Result<std::string> read_common_name(const X509_NAME* name, const ErrorKind& kind) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return std::string();
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return fail(kind, "common name: {}", take_openssl_error());
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  if (text.find('\0') != text.npos || !is_utf8(text))
    return fail(kind, "the common name holds NUL or is not UTF-8");
  return text;
}

Result<AlternativeNames> read_alternative_names(const GENERAL_NAMES* names, const ErrorKind& kind) {
  AlternativeNames out;
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names);
  if (count > static_cast<int>(kNameListLimit))
    return fail(kind, "over {} alternative names", kNameListLimit);
  for (int i = 0; i < count; ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
    if (type == GEN_IPADD) {
      out.ip_addresses.push_back(
          TRY(read_address(static_cast<const ASN1_OCTET_STRING*>(value), kind)));
      continue;
    }
    if (type != GEN_URI && type != GEN_DNS) continue;
    const std::string_view text = view_of(static_cast<const ASN1_STRING*>(value));
    if (!is_visible_ascii(text)) return fail(kind, "an alternative name is not visible ASCII");
    (type == GEN_URI ? out.uris : out.dns_names).emplace_back(text);
  }
  return out;
}

Result<NamesPtr> make_alternative_names(const AlternativeNames& names, const ErrorKind& kind) {
  if (names.uris.size() + names.dns_names.size() + names.ip_addresses.size() > kNameListLimit)
    return fail(kind, "over {} alternative names", kNameListLimit);
  NamesPtr out(GENERAL_NAMES_new());
  MUSTER_CHECK(out != nullptr);
  for (const std::string& uri : names.uris) {
    if (uri.empty() || uri.size() > kUriLimit || !is_visible_ascii(uri))
      return fail(kind, "'{}' is no URI of up to {} bytes", uri, kUriLimit);
    add_text(out.get(), GEN_URI, uri);
  }
  for (const std::string& name : names.dns_names) {
    if (!is_dns_name(name)) return fail(kind, "'{}' is no DNS name", name);
    add_text(out.get(), GEN_DNS, name);
  }
  for (const std::string& address : names.ip_addresses) {
    ASN1_OCTET_STRING* bytes = a2i_IPADDRESS(address.c_str());
    if (bytes == nullptr) {
      take_openssl_error();
      return fail(kind, "'{}' is no IP address", address);
    }
    GENERAL_NAME* name = GENERAL_NAME_new();
    MUSTER_CHECK(name != nullptr);
    GENERAL_NAME_set0_value(name, GEN_IPADD, bytes);
    MUSTER_CHECK(sk_GENERAL_NAME_push(out.get(), name) > 0);
  }
  return out;
}

Result<void> set_common_name(X509_NAME* subject, std::string_view text, const ErrorKind& kind) {
  if (text.empty() || text.size() > kCommonNameLimit || !is_utf8(text) ||
      text.find('\0') != text.npos)
    return fail(kind, "the common name is not 1 to {} bytes of text", kCommonNameLimit);
  MUSTER_CHECK(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, as_u8(text),
                                          static_cast<int>(text.size()), -1, 0) == 1);
  return {};
}

}  // namespace muster::trust
