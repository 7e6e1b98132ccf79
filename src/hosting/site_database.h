// Where the site keeps its database: the settings `database.*` of a site system.
#pragma once

#include <filesystem>
#include <memory>

#include "base/settings.h"
#include "store/database.h"
#include "store/postgres.h"
#include "store/site_move.h"

namespace muster::hosting {

// Of the server that `database.url` names; nothing when the site keeps its database itself. The
// password's file belongs to muster's user or root and is closed to everybody else; a name without
// a slash is that of a systemd credential. Errors: kPasswordUnreadable.
Result<std::optional<store::PostgresOptions>> database_server(const Settings& settings);

// The server's, or site.db in the state folder; with the present schema. Error: kSiteElsewhere,
// when the site is in the other one.
Result<std::unique_ptr<store::Database>> open_site_database(const Settings& settings,
                                                            const std::filesystem::path& state,
                                                            const Clock& clock);

// The connection on which the tables for reports are kept (store/report/): it waits for no writer
// of the site, and none waits for it. Nothing when the site keeps its database itself.
Result<std::unique_ptr<store::Database>> open_reports_database(const Settings& settings,
                                                               const Clock& clock);

// Whether they are kept.
bool keeps_reports(const Settings& settings);

// From site.db in the state folder to the server of `database.url`, while musterd is stopped; then
// site.db is called site.db.moved, and no musterd takes it for the site any more. Errors:
// kBadConfiguration without a url, store's kJournalUnavailable while musterd runs, those of
// store::move_site.
Result<store::SiteMove> move_site_database(const Settings& settings,
                                           const std::filesystem::path& state, const Clock& clock);

}  // namespace muster::hosting
