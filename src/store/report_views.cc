#include "store/report_views.h"

#include "model/deployment_states.h"

namespace muster::store {
namespace {

// Names stand without quotes, so case makes no difference to who asks. Columns may only be added at
// the end: reports are made on them.
constexpr std::string_view kViews = R"sql(
CREATE OR REPLACE VIEW v_R_System AS
  SELECT number AS ResourceID,
         5 AS ResourceType,
         name AS Name0,
         'GUID:' || upper(encode(device_id, 'hex')) AS SMS_Unique_Identifier0,
         site AS SMS_Assigned_Sites0,
         CASE WHEN state = 'pending' THEN 0 ELSE 1 END AS Client0,
         CASE WHEN state = 'active' THEN 1 ELSE 0 END AS Active0,
         CASE WHEN state = 'blocked' THEN 1 ELSE 0 END AS Is_Blocked0,
         client_version AS Client_Version0,
         to_timestamp(enrolled / 1000.0) AS Creation_Date0,
         to_timestamp(last_seen / 1000.0) AS Last_Seen0,
         to_timestamp(inventory_at / 1000.0) AS Last_Inventory0
    FROM device;
CREATE OR REPLACE VIEW v_Collection AS
  SELECT o.id AS CollectionID,
         o.name AS Name,
         o.site AS SiteCode,
         (SELECT count(*) FROM collection_member m WHERE m.collection = o.id) AS MemberCount,
         to_timestamp(o.modified / 1000.0) AS LastChangeTime
    FROM object o
   WHERE o.kind = 'Collection' AND o.deleted IS NULL;
CREATE OR REPLACE VIEW v_FullCollectionMembership AS
  SELECT m.collection AS CollectionID,
         m.device AS ResourceID,
         5 AS ResourceType,
         d.name AS Name,
         d.site AS SiteCode,
         CASE WHEN d.state = 'active' THEN 1 ELSE 0 END AS IsActive,
         to_timestamp(m.since / 1000.0) AS MemberSince
    FROM collection_member m JOIN device d ON d.number = m.device;
CREATE OR REPLACE VIEW v_ClientAdvertisementStatus AS
  SELECT s.deployment AS AdvertisementID,
         s.device AS ResourceID,
         s.state AS LastState,
         muster_state_name AS LastStateName,
         s.status_id AS LastStatusMessageID,
         to_timestamp(s.at / 1000.0) AS LastStatusTime,
         s.exit_code AS LastExecutionResult,
         s.error AS LastErrorCode,
         s.detail AS LastStateDetail,
         s.package_version AS PackageVersion,
         to_timestamp(s.next_retry / 1000.0) AS NextRetryTime
    FROM deployment_state s;
CREATE OR REPLACE VIEW v_DeploymentSummary AS
  SELECT s.deployment AS AdvertisementID,
         s.state AS State,
         muster_state_name AS StateName,
         s.devices AS Devices
    FROM deployment_summary s
   WHERE s.devices > 0;
CREATE OR REPLACE VIEW v_SchemaViews AS
  SELECT CASE WHEN viewname LIKE 'v\_gs\_%' THEN 'Inventory'
              WHEN viewname LIKE 'v\_hs\_%' THEN 'Inventory History'
              WHEN viewname LIKE 'v\_r\_%' THEN 'Discovery'
              ELSE 'Other' END AS Type,
         CAST(viewname AS text) AS ViewName
    FROM pg_views
   WHERE schemaname = 'muster';
)sql";

constexpr std::string_view kObjectViews = R"sql(
CREATE VIEW muster.v_Package AS
  SELECT o.id AS PackageID,
         o.name AS Name,
         p.version AS Version,
         o.site AS SourceSite,
         to_timestamp(o.created / 1000.0) AS SourceDate,
         to_timestamp(o.modified / 1000.0) AS LastRefreshTime,
         c.version AS StoredPkgVersion,
         c.size_bytes AS PackageSize,
         p.retired AS Retired
    FROM muster_export.package p
    JOIN muster.object o ON o.id = p.id AND o.deleted IS NULL
    LEFT JOIN LATERAL (SELECT version, size_bytes FROM muster.package_content
                        WHERE package = p.id AND withdrawn IS NULL
                        ORDER BY version DESC LIMIT 1) c ON TRUE;
CREATE VIEW muster.v_Program AS
  SELECT g.package AS PackageID,
         g.name AS ProgramName,
         g.command AS CommandLine,
         g.run_as AS RunAs,
         g.max_runtime / 60000 AS Duration
    FROM muster_export.program g
    JOIN muster.object o ON o.id = g.package AND o.deleted IS NULL;
CREATE VIEW muster.v_Advertisement AS
  SELECT o.id AS AdvertisementID,
         o.name AS AdvertisementName,
         p.id AS PackageID,
         d.program AS ProgramName,
         COALESCE(c.id, d.collection) AS CollectionID,
         o.site AS SourceSite,
         to_timestamp(d.start / 1000.0) AS PresentTime,
         to_timestamp(d.deadline / 1000.0) AS DeadlineTime,
         to_timestamp(d.expires / 1000.0) AS ExpirationTime,
         d.purpose AS Purpose,
         d.enabled AS Enabled
    FROM muster_export.deployment d
    JOIN muster.object o ON o.id = d.id AND o.deleted IS NULL
    LEFT JOIN muster.object p
      ON p.kind = 'Package' AND p.name = d.package AND p.deleted IS NULL
    LEFT JOIN muster.object c
      ON c.kind = 'Collection' AND c.name = d.collection AND c.deleted IS NULL;
)sql";

// "CASE s.state WHEN 4 THEN 'succeeded' ... END"
std::string state_name() {
  std::string out = "CASE s.state";
  for (const auto& each : model::deployment_states())
    out += fmt::format(" WHEN {} THEN '{}'", each.state, each.name);
  return out + " END";
}

std::string with_state_names(std::string_view sql) {
  constexpr std::string_view kMark = "muster_state_name";
  std::string out(sql);
  const std::string name = state_name();
  for (std::size_t at = out.find(kMark); at != out.npos; at = out.find(kMark, at + name.size()))
    out.replace(at, kMark.size(), name);
  return out;
}

}  // namespace

Result<void> make_report_views(Database& database) {
  return database.write(
      [](Transaction& transaction) { return transaction.script(with_state_names(kViews)); });
}

Result<void> make_object_report_views(Transaction& transaction) {
  return transaction.script(kObjectViews);
}

}  // namespace muster::store
