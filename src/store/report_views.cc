#include "store/report_views.h"

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
)sql";

}  // namespace

Result<void> make_report_views(Database& database) {
  return database.write([](Transaction& transaction) { return transaction.script(kViews); });
}

}  // namespace muster::store
