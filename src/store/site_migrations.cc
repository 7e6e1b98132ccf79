#include "store/migrations.h"

namespace muster::store {
namespace {

constexpr Migration kMigrations[] = {
    {
        1,
        "objects",
#include "store/migrations/0001_objects.inc"
    },
    {
        2,
        "devices",
#include "store/migrations/0002_devices.inc"
    },
    {
        3,
        "inventory",
#include "store/migrations/0003_inventory.inc"
    },
    {
        4,
        "policy",
#include "store/migrations/0004_policy.inc"
    },
    {
        5,
        "status",
#include "store/migrations/0005_status.inc"
    },
    {
        6,
        "messages",
#include "store/migrations/0006_messages.inc"
    },
    {
        7,
        "content",
#include "store/migrations/0007_content.inc"
    },
    {
        8,
        "fallback",
#include "store/migrations/0008_fallback.inc"
    },
    {
        9,
        "apply-sets",
#include "store/migrations/0009_apply_sets.inc"
    },
    {
        10,
        "deployment-summary",
#include "store/migrations/0010_deployment_summary.inc"
    },
    {
        11,
        "revoked-until",
#include "store/migrations/0011_revoked_until.inc"
    },
    {
        12,
        "stream-order",
#include "store/migrations/0012_stream_order.inc"
    },
    {
        13,
        "collected-files",
#include "store/migrations/0013_collected_files.inc"
    },
    {
        14,
        "row-serial",
#include "store/migrations/0014_row_serial.inc"
    },
    {
        15,
        "row-dictionary",
#include "store/migrations/0015_row_dictionary.inc"
    },
};

}  // namespace

std::span<const Migration> site_migrations() { return kMigrations; }

}  // namespace muster::store
