#include "roles/provider/plan_api.h"

#include <algorithm>

#include "base/os/file.h"
#include "contract/catalogue.h"
#include "contract/manifest.h"
#include "contract/plan.h"
#include "fleet/errors.h"
#include "model/errors.h"
#include "roles/provider/answers.h"
#include "roles/provider/errors.h"
#include "roles/provider/object_checks.h"
#include "roles/provider/object_resolution.h"
#include "roles/provider/plan_impact.h"
#include "store/site/apply_sets.h"
#include "store/site/objects.h"
#include "store/site/packages.h"
#include "store/site/status.h"

namespace muster::provider {
namespace {

using contract::AnyObject;
using contract::FieldChange;
using contract::PlanAction;
using contract::PlanItem;

constexpr std::int64_t kStateSucceeded = 4;  // of topic 301
constexpr std::int64_t kAllStates = 1'000'000;

struct Planned {
  PlanItem item;
  std::optional<Target> target{};
};

class Planner {
 public:
  Planner(hosting::Site& site, store::Transaction& transaction,
          const contract::PlanRequest& request, Timestamp now)
      : site_(site), transaction_(transaction), request_(request), now_(now) {}

  Result<std::vector<Planned>> plan();

 private:
  Result<Planned> stage(const contract::PlannedObject& planned);
  Result<void> check(const AnyObject& object);
  Submission submission() const;
  Result<void> write(const AnyObject& object, const std::optional<store::Object>& before);
  Result<std::vector<FieldChange>> changes(const contract::PlannedObject& planned,
                                           const AnyObject& resolved, const store::Object& before);
  Result<std::optional<contract::Manifest>> stored_manifest(const model::ObjectId& package);
  Result<std::uint64_t> content_bytes(const std::string& package);
  Result<Target> target_of(const model::Deployment& deployment,
                           const std::optional<store::Object>& before);
  // Objects of the set that the request names no more.
  Result<std::vector<store::Object>> orphans();
  Result<Planned> stage_deletion(const store::Object& object);

  hosting::Site& site_;
  store::Transaction& transaction_;
  const contract::PlanRequest& request_;
  Timestamp now_;
};

Planned refused(std::string_view kind, std::string_view name, const Error& error) {
  Planned out;
  out.item.action = PlanAction::Refused;
  out.item.kind = kind;
  out.item.name = name;
  out.item.problem = contract::Problem{.status = 400,
                                       .number = error.kind().number,
                                       .title = std::string(error.kind().name),
                                       .detail = error.detail(),
                                       .advice = std::string(error.kind().advice)};
  return out;
}

// One object that is to be written, or one that is to go.
using Step = std::variant<const contract::PlannedObject*, store::Object>;

// What another step of the same plan may take out of the way.
bool may_come_later(const Error& error) {
  return error.is(kReferenceMissing) || error.is(kBoundaryOverlap) ||
         error.is(fleet::kCollectionCycle) || error.is(kInUse) || error.is(kClassTaken) ||
         error.is(model::kQueryUnknownName);
}

Planned refused(const Step& step, const Error& error) {
  if (const auto* object = std::get_if<store::Object>(&step))
    return refused(object->kind, object->name, error);
  const AnyObject& object = std::get<const contract::PlannedObject*>(step)->object;
  return refused(contract::to_text(object.kind()), object.name(), error);
}

// Stages all of `steps`. One that another stands in the way of waits until the others are staged,
// so files need no order; what still cannot be when nothing moves any more is refused.
template <typename Stage>
std::vector<Planned> in_order(std::vector<Step> steps, Stage stage) {
  std::vector<Planned> out;
  for (bool moved = true; moved && !steps.empty();) {
    std::vector<Step> later;
    for (Step& step : steps) {
      auto staged = stage(step);
      if (staged)
        out.push_back(*std::move(staged));
      else if (may_come_later(staged.error()))
        later.push_back(std::move(step));
      else
        out.push_back(refused(step, staged.error()));
    }
    moved = later.size() < steps.size();
    steps = std::move(later);
  }
  for (const Step& step : steps) {
    auto staged = stage(step);
    out.push_back(staged ? *std::move(staged) : refused(step, staged.error()));
  }
  return out;
}

Result<std::optional<contract::Manifest>> Planner::stored_manifest(const model::ObjectId& package) {
  using Answer = std::optional<contract::Manifest>;
  const auto content = TRY(store::current_package_content(transaction_, package));
  if (!content) return Answer();
  const auto hash = TRY(store::ContentHash::from_bytes(content->manifest_sha256));
  if (!site_.content->has(hash)) return Answer();
  const Bytes document = TRY(os::read_file(site_.content->path_of(hash), contract::kManifestLimit));
  return Answer(TRY(contract::decode_manifest(document)));
}

wire::Node files_node(const contract::Manifest& manifest) {
  wire::Node node = wire::mapping_node();
  for (const auto& file : manifest.files)
    node.set(file.path, wire::text_node(fmt::format("sha256:{}{}", file.sha256,
                                                    file.executable ? " executable" : "")));
  return node;
}

// The folder is the operator's own; what the site keeps of it is the content.
void forget_source(AnyObject& object) {
  if (auto* package = std::get_if<model::Package>(&object.value)) package->source.clear();
}

Result<std::vector<FieldChange>> Planner::changes(const contract::PlannedObject& planned,
                                                  const AnyObject& resolved,
                                                  const store::Object& before) {
  AnyObject old = TRY(shown_object(transaction_, before));
  // Both as the interface shows them; for this the new one is written down like a stored one.
  store::Object stored = before;
  stored.spec = contract::encode_spec(resolved);
  AnyObject fresh = TRY(shown_object(transaction_, stored));
  if (resolved.apply_set) fresh.apply_set = resolved.apply_set;
  forget_source(old);
  forget_source(fresh);
  auto out =
      contract::field_changes(contract::encode_object(old), contract::encode_object(fresh), "");
  if (!planned.manifest) return out;
  const auto manifest = TRY(contract::decode_manifest(*planned.manifest));
  const auto kept = TRY(stored_manifest(before.id));
  for (FieldChange& change : contract::field_changes(
           files_node(kept.value_or(contract::Manifest())), files_node(manifest), "content"))
    out.push_back(std::move(change));
  return out;
}

// The objects of the request as it has them, whether they are staged already or not.
Submission Planner::submission() const {
  Submission out;
  out.package = [this](const std::string& name) -> const model::Package* {
    for (const auto& each : request_.objects)
      if (const auto* package = std::get_if<model::Package>(&each.object.value))
        if (package->name == name) return package;
    return nullptr;
  };
  out.deployment = [this](const std::string& name) -> const model::Deployment* {
    for (const auto& each : request_.objects)
      if (const auto* deployment = std::get_if<model::Deployment>(&each.object.value))
        if (deployment->name == name) return deployment;
    return nullptr;
  };
  return out;
}

Result<void> Planner::check(const AnyObject& object) {
  if (const auto* collection = std::get_if<model::Collection>(&object.value))
    TRY(check_collection(transaction_, *collection));
  if (const auto* deployment = std::get_if<model::Deployment>(&object.value))
    TRY(check_deployment(transaction_, *deployment, submission()));
  if (const auto* package = std::get_if<model::Package>(&object.value))
    TRY(check_run_first(transaction_, *package, submission()));
  if (const auto* boundary = std::get_if<model::Boundary>(&object.value))
    TRY(check_boundary(transaction_, *boundary));
  if (const auto* declared = std::get_if<model::DeclaredClass>(&object.value))
    TRY(check_inventory_class(transaction_, *declared));
  return {};
}

Result<void> Planner::write(const AnyObject& object, const std::optional<store::Object>& before) {
  const Bytes spec = contract::encode_spec(object);
  const auto written =
      before ? TRY(store::update_object(transaction_, before->id, spec, before->serial, now_))
             : TRY(store::create_object(transaction_,
                                        {.kind = contract::to_text(object.kind()),
                                         .name = object.name(),
                                         .site = site_.config.site,
                                         .spec = spec},
                                        now_));
  if (object.apply_set) TRY(store::set_apply_set(transaction_, written.id, *object.apply_set));
  return {};
}

Result<std::uint64_t> Planner::content_bytes(const std::string& package) {
  for (const auto& each : request_.objects)
    if (each.manifest && each.object.kind() == contract::ObjectKind::Package &&
        each.object.name() == package)
      return TRY(contract::decode_manifest(*each.manifest)).total_bytes();
  const auto object = TRY(store::find_object(transaction_, "Package", package));
  if (!object) return fail(kReferenceMissing, "there is no package {}", package);
  const auto manifest = TRY(stored_manifest(object->id));
  return manifest ? manifest->total_bytes() : 0;
}

Result<Target> Planner::target_of(const model::Deployment& deployment,
                                  const std::optional<store::Object>& before) {
  Target target = TRY(deployment_target(site_, transaction_, deployment.collection, now_));
  target.bytes_per_device = TRY(content_bytes(deployment.package));
  if (!before) return target;
  for (const auto& state :
       TRY(store::deployment_states(transaction_, before->id, kStateSucceeded, 0, kAllStates)))
    if (std::ranges::binary_search(target.members, state.device)) ++target.succeeded;
  return target;
}

Result<Planned> Planner::stage(const contract::PlannedObject& planned) {
  AnyObject object = planned.object;
  const std::string_view kind = contract::to_text(object.kind());
  const auto before = TRY(store::find_object(transaction_, kind, object.name()));
  Planned out;
  out.item.kind = kind;
  out.item.name = object.name();
  contract::ServerFields stored;
  if (before) {
    out.item.serial = before->serial;
    stored = {before->id, before->site, static_cast<std::uint64_t>(before->serial)};
    TRY(check_set(object, TRY(store::apply_set_of(transaction_, before->id)), request_.take_over));
  }
  TRY(contract::check_server_fields(object.server, stored));
  TRY(resolve_object(transaction_, object, before, now_));
  TRY(check(object));
  out.item.action = PlanAction::Created;
  if (before) {
    out.item.changes = TRY(changes(planned, object, *before));
    out.item.action = out.item.changes.empty() ? PlanAction::Unchanged : PlanAction::Changed;
  }
  if (out.item.action == PlanAction::Unchanged) return out;
  TRY(write(object, before));
  if (const auto* deployment = std::get_if<model::Deployment>(&object.value);
      deployment && request_.impact)
    out.target = TRY(target_of(*deployment, before));
  return out;
}

Result<Planned> Planner::stage_deletion(const store::Object& object) {
  const auto kind = contract::parse_object_kind(object.kind);
  if (!kind) return fail(kNoSuchThing, "kind {}", object.kind);
  TRY(check_unused(transaction_, *kind, object.name));
  TRY(store::leave_apply_set(transaction_, object.id));
  TRY(store::delete_object(transaction_, object.id, object.serial, now_));
  Planned out;
  out.item.action = PlanAction::Deleted;
  out.item.kind = object.kind;
  out.item.name = object.name;
  out.item.serial = object.serial;
  return out;
}

Result<std::vector<store::Object>> Planner::orphans() {
  std::vector<store::Object> out;
  for (const auto& id : TRY(store::objects_of_apply_set(transaction_, request_.set))) {
    auto object = TRY(store::find_object(transaction_, id));
    if (!object || object->deleted) continue;
    const bool kept = std::ranges::any_of(request_.objects, [&](const auto& each) {
      return contract::to_text(each.object.kind()) == object->kind &&
             each.object.name() == object->name;
    });
    if (!kept) out.push_back(*std::move(object));
  }
  return out;
}

Result<std::vector<Planned>> Planner::plan() {
  if (request_.prune && request_.set.empty())
    return fail(kBadRequest, "prune is asked for without the name of a set");
  std::vector<Step> steps;
  for (const contract::PlannedObject& planned : request_.objects) steps.emplace_back(&planned);
  if (request_.prune)
    for (store::Object& orphan : TRY(orphans())) steps.emplace_back(std::move(orphan));
  return in_order(std::move(steps), [this](const Step& step) -> Result<Planned> {
    if (const auto* orphan = std::get_if<store::Object>(&step)) return stage_deletion(*orphan);
    return stage(*std::get<const contract::PlannedObject*>(step));
  });
}

}  // namespace

Result<net::Response> plan_objects(hosting::Site& site, hosting::Call& call) {
  const auto request = TRY(contract::decode_plan_request(call.request.body));
  std::optional<Result<std::vector<Planned>>> planned;
  const auto rolled_back =
      site.database->write([&](store::Transaction& transaction) -> Result<void> {
        planned.emplace(Planner(site, transaction, request, call.now).plan());
        return fail(kPlanOnly, "the plan is made");
      });
  if (!planned) return fail(rolled_back.error());
  std::vector<Planned> all = TRY(*std::move(planned));
  std::vector<PlanItem> items;
  TRY(site.database->read([&](store::Reader& reader) -> Result<void> {
    for (Planned& each : all) {
      if (each.target) each.item.impact = TRY(impact_of(site, reader, *each.target, call.now));
      items.push_back(std::move(each.item));
    }
    return {};
  }));
  return json_answer(200, contract::encode_plan(items));
}

}  // namespace muster::provider
