#include "roles/console/apply.h"

#include <algorithm>
#include <cstdio>

#include "contract/plan.h"
#include "roles/console/errors.h"
#include "roles/console/object_files.h"
#include "roles/console/packing.h"
#include "roles/console/plan_text.h"
#include "roles/console/signing.h"

namespace muster::console {
namespace {

using contract::PlanAction;
using contract::PlanItem;

// One command: its files, their content, and what the site says to them.
class Application {
 public:
  Application(const Session& session, const ApplyRequest& request, ApiClient api,
              contract::OperatorContext context, Packing packing)
      : session_(session),
        request_(request),
        api_(std::move(api)),
        context_(std::move(context)),
        packing_(std::move(packing)) {}

  Result<void> read();
  // `impact`: ask who will be hit.
  Result<std::vector<PlanItem>> plan(bool impact);
  Result<void> carry_out(const PlanItem& item);
  const Bytes& answer() const { return answer_; }

 private:
  struct Entry {
    FileObject file;
    std::optional<PackedContent> content;
  };
  const Entry* entry_of(const PlanItem& item) const;
  Result<void> send(const PlanItem& item, const Entry& entry);

  const Session& session_;
  const ApplyRequest& request_;
  ApiClient api_;
  contract::OperatorContext context_;
  Packing packing_;
  std::vector<Entry> entries_;
  Bytes answer_;
};

Result<Application> open_application(const Session& session, const ApplyRequest& request) {
  if (request.prune && request.set.empty())
    return fail(kUsage,
                "--prune deletes what is missing from a set of files, so it wants --set NAME");
  auto context = TRY(read_context(session));
  auto api = TRY(sign_in(session));
  auto packing = TRY(Packing::open(session));
  Application application(session, request, std::move(api), std::move(context), std::move(packing));
  TRY(application.read());
  return application;
}

Result<void> Application::read() {
  for (FileObject& file : TRY(read_object_files(request_.paths))) {
    if (!request_.set.empty()) {
      if (file.object.apply_set && *file.object.apply_set != request_.set)
        return fail(kUsage, "{}: {} {} names the set {}, the command {}", file.file,
                    contract::to_text(file.object.kind()), file.object.name(),
                    *file.object.apply_set, request_.set);
      file.object.apply_set = request_.set;
    }
    auto content = TRY(packing_.pack(file));
    entries_.push_back({std::move(file), std::move(content)});
  }
  return {};
}

Result<std::vector<PlanItem>> Application::plan(bool impact) {
  contract::PlanRequest wanted;
  wanted.set = request_.set;
  wanted.prune = request_.prune;
  wanted.take_over = request_.take_over;
  wanted.impact = impact;
  for (const Entry& entry : entries_)
    wanted.objects.push_back(
        {entry.file.object, entry.content ? std::optional(entry.content->document) : std::nullopt});
  answer_ = TRY(api_.send("POST", "/api/v1/plan", contract::encode_plan_request(wanted))).body;
  return contract::decode_plan(answer_);
}

const Application::Entry* Application::entry_of(const PlanItem& item) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return contract::to_text(entry.file.object.kind()) == item.kind &&
           entry.file.object.name() == item.name;
  });
  return found == entries_.end() ? nullptr : &*found;
}

Result<void> Application::send(const PlanItem& item, const Entry& entry) {
  const std::string plural = TRY(folder_of_kind(item.kind));
  wire::Node node = contract::encode_object(entry.file.object);
  if (entry.content) TRY(packing_.upload(api_, *entry.content));
  if (const auto documents =
          TRY(sign_object(session_, api_, context_, entry.file.object, entry.content)))
    contract::add_catalogue_upload(node, {documents->entry, documents->targets});
  const Bytes body = wire::node_to_json(node);
  const std::string_view take_over = request_.take_over ? "?takeOver=true" : "";
  if (item.serial == 0) {
    TRY(api_.send("POST", fmt::format("/api/v1/{}{}", plural, take_over), body));
  } else {
    // The serial of the plan: what somebody else changed since is not overwritten.
    TRY(api_.send("PUT", fmt::format("/api/v1/{}/{}{}", plural, path_part(item.name), take_over),
                  body, "application/json", fmt::format("\"{}\"", item.serial)));
  }
  return {};
}

Result<void> Application::carry_out(const PlanItem& item) {
  const std::string kind = lower_kind(item.kind);
  const auto say = [&](const char* what) {
    std::printf("%s %s %s\n", kind.c_str(), item.name.c_str(), what);
  };
  if (item.action == PlanAction::Deleted) {
    const std::string plural = TRY(folder_of_kind(item.kind));
    TRY(api_.send("DELETE", fmt::format("/api/v1/{}/{}", plural, path_part(item.name)), {},
                  "application/json", fmt::format("\"{}\"", item.serial)));
    say("deleted");
    return {};
  }
  const Entry* entry = entry_of(item);
  if (!entry) return fail(kUsage, "the site planned {} {}, which no file has", kind, item.name);
  if (item.action == PlanAction::Unchanged) {
    if (!TRY(signature_is_due(session_, api_, context_, entry->file.object))) {
      say("unchanged");
      return {};
    }
    TRY(send(item, *entry));
    say("signed again");
    return {};
  }
  TRY(send(item, *entry));
  say(item.action == PlanAction::Created ? "created" : "configured");
  return {};
}

// All refusals at once; the first one is the command's error.
Result<void> check_refusals(const std::vector<PlanItem>& items) {
  std::string text;
  std::size_t count = 0;
  for (const PlanItem& item : items) {
    if (!item.problem) continue;
    text += fmt::format("{}{} {}: M{} {}: {}. {}", count ? "\n  " : "", lower_kind(item.kind),
                        item.name, item.problem->number, item.problem->title, item.problem->detail,
                        item.problem->advice);
    ++count;
  }
  if (count == 0) return {};
  return fail(kApiRefused, "{}", text);
}

Result<void> print_plan(const Application& application, const std::vector<PlanItem>& items,
                        Format format, bool all) {
  if (format == Format::Json) {
    std::printf("%s\n", application.answer().c_str());
    return {};
  }
  for (const PlanItem& item : items) {
    if (!all && item.action == PlanAction::Unchanged) continue;
    const std::string text = plan_line(item) + "\n" + change_lines(item) + impact_lines(item);
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  return {};
}

}  // namespace

Result<void> apply(const Session& session, const ApplyRequest& request, Format format) {
  auto application = TRY(open_application(session, request));
  const auto items = TRY(application.plan(request.dry_run));
  TRY(check_refusals(items));
  if (request.dry_run) return print_plan(application, items, format, true);
  for (const PlanItem& item : items)
    TRY_IN(application.carry_out(item), "{} {}", lower_kind(item.kind), item.name);
  return {};
}

Result<bool> diff(const Session& session, const ApplyRequest& request, Format format) {
  auto application = TRY(open_application(session, request));
  const auto items = TRY(application.plan(false));
  TRY(check_refusals(items));
  TRY(print_plan(application, items, format, false));
  return std::ranges::all_of(
      items, [](const PlanItem& item) { return item.action == PlanAction::Unchanged; });
}

}  // namespace muster::console
