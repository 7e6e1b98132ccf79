// The site itself over the interface: queries, content, catalogue documents, tokens, health, logs.
#pragma once

#include "hosting/route_table.h"
#include "hosting/site.h"
#include "roles/provider/provider.h"

namespace muster::provider {

Result<net::Response> get_site(hosting::Site& site, hosting::Call& call);
Result<net::Response> run_query(hosting::Site& site, hosting::Call& call);
Result<net::Response> create_token(hosting::Site& site, hosting::Call& call);

Result<net::Response> get_content(hosting::Site& site, hosting::Call& call);
// The body was spooled to a file with its hash; it enters the store only under that hash.
Result<net::Response> put_content(hosting::Site& site, hosting::Call& call);

Result<net::Response> get_catalogue(hosting::Site& site, hosting::Call& call);
// The next root, signed by the present one's threshold and its own.
Result<net::Response> put_catalogue(hosting::Site& site, hosting::Call& call);

Result<net::Response> list_status(hosting::Site& site, hosting::Call& call);
// What fallback status points took, newest first.
Result<net::Response> list_fallback(hosting::Site& site, hosting::Call& call);
Result<net::Response> list_audit(hosting::Site& site, hosting::Call& call);
Result<net::Response> list_quarantine(hosting::Site& site, hosting::Call& call);
Result<net::Response> replay(hosting::Site& site, hosting::Call& call, const HostPorts& ports);

}  // namespace muster::provider
