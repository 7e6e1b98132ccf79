// Certificate authorities and leaves, made while the test runs.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "base/os/system.h"

namespace muster::net::test {

struct Issued {
  std::string certificate;  // PEM
  std::string key;          // PEM
  Bytes der;
};

struct LeafWish {
  std::string common_name = "leaf";
  std::string alternative_names;  // "DNS:localhost,IP:127.0.0.1"; empty: none
  std::string purposes = "serverAuth,clientAuth";
  std::int64_t starts_in_s = -3600;
  std::int64_t ends_in_s = 3600;
};

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "Test Authority") {
    key_.reset(EVP_EC_gen("P-256"));
    certificate_ = make(name, key_.get(), {name, "", "", -86400, 86400});
    pem_ = pem_of(certificate_.get());
  }

  const std::string& pem() const { return pem_; }

  Issued issue(const std::string& common_name) const {
    LeafWish wish;
    wish.common_name = common_name;
    return issue(wish);
  }
  Issued issue(const LeafWish& wish) const {
    const Key key(EVP_EC_gen("P-256"));
    const Cert certificate = make(wish.common_name, key.get(), wish);
    Issued issued{pem_of(certificate.get()), "", ""};
    BIO* bio = BIO_new(BIO_s_mem());
    MUSTER_CHECK(PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr));
    issued.key = text_of(bio);
    issued.der.resize(static_cast<std::size_t>(i2d_X509(certificate.get(), nullptr)));
    auto* out = reinterpret_cast<unsigned char*>(issued.der.data());
    i2d_X509(certificate.get(), &out);
    return issued;
  }
  Issued issue_server() const {
    return issue({"server", "DNS:localhost,IP:127.0.0.1", "serverAuth", -3600, 3600});
  }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;
  using Cert = std::unique_ptr<X509, Free>;

  static std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
  }
  static std::string pem_of(X509* certificate) {
    BIO* bio = BIO_new(BIO_s_mem());
    MUSTER_CHECK(PEM_write_bio_X509(bio, certificate) == 1);
    return text_of(bio);
  }
  static void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    MUSTER_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  // Signed by this authority; the authority's own certificate when there is none yet.
  Cert make(const std::string& name, EVP_PKEY* key, const LeafWish& wish) const {
    Cert made(X509_new());
    X509* raw = made.get();
    X509* issuer = certificate_ ? certificate_.get() : raw;
    X509_set_version(raw, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), os::SystemRandom().u64() >> 1);
    X509_gmtime_adj(X509_getm_notBefore(raw), wish.starts_in_s);
    X509_gmtime_adj(X509_getm_notAfter(raw), wish.ends_in_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(raw, X509_get_subject_name(issuer));
    X509_set_pubkey(raw, key);
    extend(raw, issuer, NID_basic_constraints,
           certificate_ ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (!wish.purposes.empty()) extend(raw, issuer, NID_ext_key_usage, wish.purposes);
    if (!wish.alternative_names.empty())
      extend(raw, issuer, NID_subject_alt_name, wish.alternative_names);
    MUSTER_CHECK(X509_sign(raw, key_.get(), EVP_sha256()) > 0);
    return made;
  }

  Key key_;
  Cert certificate_;
  std::string pem_;
};

}  // namespace muster::net::test
