// What everybody may read of a site, over HTTP too, because each document proves itself: the
// catalogue, the CA's certificate, the signed lists and the site's signed time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contract/public_documents.h"
#include "hosting/listed_points.h"
#include "hosting/route_table.h"
#include "hosting/site.h"

namespace muster::hosting {

// Their names under /public/, in PolicyShelf::public_document().
inline constexpr std::string_view kSiteTimeDocument = "site-time";
inline constexpr std::string_view kManagementPointsDocument = "management-points";
inline constexpr std::string_view kRevocationsDocument = "revocations";
inline constexpr std::string_view kEnvelopeKeyDocument = "envelope-key";

// GET /public/NAME, GET /catalogue/NAME and EST's cacerts, for the leg of that connection.
std::vector<Route> public_routes(Site& site, const std::string& connection);

// EST's cacerts: the CA in a PKCS#7 bundle, as base64.
net::Response answer_ca_certificates(Site& site);

// The management points that this site knows; empty where there is none.
std::vector<ListedPoint> listed_points(const Site& site);
std::vector<contract::ManagementPoint> management_points(const Site& site);

}  // namespace muster::hosting
