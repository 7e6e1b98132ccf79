// What an operator signs when objects are applied, with the catalogue key, which never leaves the
// operator's folder.
#pragma once

#include <optional>

#include "contract/objects/object.h"
#include "roles/console/commands.h"
#include "roles/console/packing.h"
#include "trust/catalogue_trust.h"

namespace muster::console {

// The root in the operator's own folder: what documents of a site are verified with.
Result<trust::CatalogueTrust> operator_trust(const contract::OperatorContext& context);

struct SignedDocuments {
  Bytes entry;
  std::optional<Bytes> targets;
};

// The next version of the object's signed document, and of the list of roles where it is new.
// Nothing for an object that nobody signs. Without `content` a package's entry names what the site
// has, if an operator signed for that. Errors: kUsage where it has none, those of
// verify_last_entry(), kSiteDocument.
Result<std::optional<SignedDocuments>> sign_object(const Session& session, ApiClient& api,
                                                   const contract::OperatorContext& context,
                                                   const contract::AnyObject& object,
                                                   const std::optional<PackedContent>& content);

// Whether the document that the site has should be signed again though nothing changed: another
// operator signed it, or half of its life is over. False for an object that nobody signs.
Result<bool> signature_is_due(const Session& session, ApiClient& api,
                              const contract::OperatorContext& context,
                              const contract::AnyObject& object);

}  // namespace muster::console
