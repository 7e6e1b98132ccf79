#include "roles/console/console.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "base/version.h"
#include "model/cycle.h"
#include "roles/console/apply.h"
#include "roles/console/commands.h"
#include "roles/console/completion.h"
#include "roles/console/doctor.h"
#include "roles/console/errors.h"
#include "roles/console/manual.h"
#include "roles/console/trace.h"

namespace muster::console {
namespace {

// CLI11's group of verbs that its help leaves out.
constexpr const char* kHidden = "";

std::filesystem::path state_folder() {
  const char* given = std::getenv("MUSTER_STATE");
  return given && *given ? std::filesystem::path(given) : std::filesystem::absolute(".muster");
}

// The table of verbs, from the parser's own.
Verb table_of(const CLI::App& app) {
  Verb verb{app.get_name(), app.get_description(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      verb.arguments.push_back({option->get_name(true), option->get_description(),
                                option->get_required(), option->get_expected_max() > 1});
      continue;
    }
    VerbOption out{{}, {}, option->get_description()};
    for (const std::string& name : option->get_snames()) out.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) out.names.push_back("--" + name);
    if (option->get_expected_max() > 0) out.value = option->get_type_name();
    verb.options.push_back(std::move(out));
  }
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    if (each->get_group() != kHidden) verb.verbs.push_back(table_of(*each));
  return verb;
}

// What the words of a command line ask for; run after all of them were understood.
class Program {
 public:
  Program(const Clock& clock, Random& random)
      : app_("muster: the console of a site", "muster"), session_{state_folder(), clock, random} {
    app_.set_version_flag("--version", std::string(kVersion));
    app_.require_subcommand(1);
    add_object_verbs();
    add_device_verbs();
    add_site_verbs();
    add_database_verbs();
    add_help_verbs();
  }

  int run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? 0 : 2;
    }
    const auto done = work_();
    if (done) return *done;
    std::fprintf(stderr, "muster: %s\n", done.error().text_with_advice().c_str());
    return done.error().is(kUsage) ? 2 : failed_;
  }

 private:
  using Work = std::function<Result<int>()>;  // the exit code

  // Sets what the verb does; `function` returns Result<void>, Result<bool> (false: exit code 1) or
  // Result<int>, the exit code.
  template <typename Function>
  void on(CLI::App* verb, Function function) {
    verb->callback([this, function] {
      work_ = [this, function]() -> Result<int> {
        format_ = TRY(parse_format(format_text_));
        using Answer = std::invoke_result_t<Function>;
        if constexpr (std::is_same_v<Answer, Result<int>>) {
          return function();
        } else if constexpr (std::is_same_v<Answer, Result<bool>>) {
          return TRY(function()) ? 0 : 1;
        } else {
          TRY(function());
          return 0;
        }
      };
    });
  }
  CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& sentence) {
    return parent.add_subcommand(name, sentence);
  }
  void takes_format(CLI::App* verb) {
    verb->add_option("-o,--output", format_text_, "how to print")
        ->type_name("table|wide|json|yaml|csv|name");
  }
  void takes_host(CLI::App* verb) {
    verb->add_option("--role", ports_.roles, "a host with these roles");
    verb->add_option("--profile", ports_.profile, "of the ports")
        ->type_name("standard|unprivileged");
    verb->add_option("--set", ports_.settings, "a port that the site has moved: ports.https=8443");
  }
  void takes_ends(CLI::App* verb) {
    verb->add_option("--peer", ports_.peers, "who has a role: 'management point=ADDRESS,ADDRESS'");
    verb->add_option("--without", ports_.without, "a leg that the site has not chosen: '17 HTTP'");
  }
  void takes_files(CLI::App* verb) {
    verb->add_option("-f,--file", apply_.paths, "a file, a folder or - for standard input")
        ->type_name("FILE")
        ->required();
    verb->add_option("--set", apply_.set, "the set of files that the objects belong to");
    verb->add_flag("--prune", apply_.prune, "delete what is of the set and not in the files");
    verb->add_flag("--take-over", apply_.take_over, "objects of other sets move to this one");
  }
  void takes_dry_run(CLI::App* verb) {
    verb->add_option_function<std::string>(
            "--dry-run",
            [this](const std::string& where) {
              if (where != "server")
                throw CLI::ValidationError("--dry-run", "only --dry-run=server is known");
              dry_run_ = true;
            },
            "check everything at the site and change nothing: --dry-run=server")
        ->type_name("server");
  }

  void add_object_verbs() {
    auto* get_verb = verb(app_, "get", "list a kind, or show one of it");
    get_verb->add_option("KIND", kind_)->required();
    get_verb->add_option("NAME", name_);
    takes_format(get_verb);
    on(get_verb, [this]() -> Result<void> {
      if (kind_ != kPolicyOf) return get(session_, kind_, name_, format_);
      if (name_.empty()) return fail(kUsage, "get policy DEVICE: name the device");
      return get_policy(session_, name_, format_);
    });

    auto* describe_verb = verb(app_, "describe", "everything about one thing");
    describe_verb->add_option("KIND", kind_)->required();
    describe_verb->add_option("NAME", name_)->required();
    describe_verb->add_option("--state", text_, "of a deployment, the devices in this state alone");
    on(describe_verb, [this] { return describe(session_, kind_, name_, text_); });

    auto* query_verb = verb(app_, "query", "run a query over the inventory");
    query_verb->add_option("QUERY", text_)->required();
    takes_format(query_verb);
    on(query_verb, [this] { return query(session_, text_, format_); });

    auto* apply_verb = verb(app_, "apply", "create or change the objects of files");
    takes_files(apply_verb);
    takes_dry_run(apply_verb);
    takes_format(apply_verb);
    on(apply_verb, [this] {
      apply_.dry_run = dry_run_;
      return apply(session_, apply_, format_);
    });

    auto* diff_verb = verb(app_, "diff", "what apply would change: 0 nothing, 1 something");
    takes_files(diff_verb);
    takes_format(diff_verb);
    on(diff_verb, [this] {
      failed_ = 2;
      return diff(session_, apply_, format_);
    });

    auto* delete_verb = verb(app_, "delete", "delete one object or device");
    delete_verb->add_option("KIND", kind_)->required();
    delete_verb->add_option("NAME", name_)->required();
    takes_dry_run(delete_verb);
    on(delete_verb, [this] { return remove(session_, kind_, name_, dry_run_); });

    auto* export_verb = verb(app_, "export", "write objects as apply reads them");
    export_verb->add_option("KIND", export_.kind, "all kinds when absent");
    export_verb->add_option("NAME", export_.name);
    export_verb
        ->add_option("-o,--output", export_.output,
                     "a folder, which gets the packages' content too; - prints")
        ->type_name("FILE");
    export_verb->add_flag("--replace", export_.replace, "an export that is in the folder already");
    export_verb->add_flag("--with-serial", export_.with_serial,
                          "id, site and serial too: apply then refuses what changed in between");
    on(export_verb, [this] { return export_objects(session_, export_); });

    auto* explain_verb = verb(app_, "explain", "why a device has, or has not, a deployment");
    explain_verb->add_option("DEVICE", name_)->required();
    explain_verb->add_option("DEPLOYMENT", text_)->required();
    explain_verb->add_flag("--watch", watch_, "until nothing more will happen");
    takes_format(explain_verb);
    on(explain_verb, [this] { return explain(session_, name_, text_, watch_, format_); });
  }

  void add_device_verbs() {
    for (const std::string action : {"approve", "block"}) {
      auto* parent = verb(app_, action,
                          action == "approve" ? "let a pending device or a blocked operator in"
                                              : "refuse a device or an operator");
      parent->require_subcommand(1);
      const std::pair<std::string, std::string> kinds[] = {
          {"device", "a device by name or id"},
          {"operator", "an operator by name, with all his certificates"}};
      for (const auto& [kind, what] : kinds) {
        auto* of_kind = verb(*parent, kind, what);
        of_kind->add_option("NAME", name_)->required();
        on(of_kind,
           [this, action, kind = kind] { return change_admission(session_, action, kind, name_); });
      }
    }
    auto* trigger_verb = verb(app_, "trigger", "have a device do one of its cycles now");
    trigger_verb->add_option("DEVICE", name_)->required();
    trigger_verb->add_option("CYCLE", text_, model::all_cycles())->required();
    trigger_verb->add_flag("--collection", all_, "DEVICE is a collection: all of its devices");
    on(trigger_verb, [this] {
      return all_ ? trigger_collection(session_, name_, text_) : trigger(session_, name_, text_);
    });

    auto* replay_verb = verb(app_, "replay", "try a quarantined message again");
    replay_verb->add_option("NUMBER", name_)->required();
    on(replay_verb, [this] { return replay(session_, name_); });

    auto* token_verb = verb(app_, "token", "enrolment tokens");
    token_verb->require_subcommand(1);
    auto* token_create = verb(*token_verb, "create", "make a one-time token for one client");
    token_create->add_option("--output", text_, "write it into this file instead of printing it");
    token_create->add_option("--life", life_, "how long it can be used, such as PT24H");
    token_create->add_option("--count", count_, "make as many, one a line, each for another client")
        ->check(CLI::Range(1, 100'000));
    on(token_create, [this] { return create_token(session_, text_, life_, count_); });

    auto* file_verb = verb(app_, "file", "read a version of a device's collected file");
    file_verb->add_option("DEVICE", name_)->required();
    file_verb->add_option("NUMBER", text_, "as muster get files DEVICE shows it")->required();
    file_verb->add_option("-o,--output", address_, "a file to write")->type_name("FILE");
    on(file_verb, [this, file_verb] {
      return read_file(session_, name_, text_, file_verb->count("-o") > 0 ? address_ : "");
    });

    auto* doctor_verb = verb(app_, "doctor", "is this host healthy: 0 yes, 1 with warnings, 3 no");
    takes_format(doctor_verb);
    on(doctor_verb, [this] { return doctor(session_, format_); });

    auto* trace_verb = verb(app_, "trace", "follow logs, merged by time; explain an error number");
    trace_verb->add_option("SOURCE", trace_.sources, "files, roles of this host, or M2407")
        ->required();
    trace_verb->add_option("--since", trace_.since, "a duration back such as PT1H, or a time");
    trace_verb->add_option("--filter", trace_.filter, "only lines with this text");
    trace_verb->add_option("--level", trace_.level, "the least level")
        ->type_name("debug|info|warning|error");
    trace_verb->add_option("--form", trace_.form, "the form of the lines")
        ->type_name("text|cmtrace|json");
    trace_verb->add_option("--color", trace_.color, "errors red, warnings yellow")
        ->type_name("auto|always|never");
    trace_verb->add_flag("--no-follow", trace_.no_follow, "end with what is there");
    on(trace_verb, [this] { return trace(session_, trace_); });

    auto* ports_verb = verb(app_, "ports", "the table of connections");
    ports_verb->require_subcommand(1);
    auto* ports_list = verb(*ports_verb, "list", "what this host listens on and dials");
    ports_list->add_flag("--all", all_, "the whole table");
    takes_host(ports_list);
    takes_format(ports_list);
    on(ports_list, [this] { return list_ports(session_, ports_, all_, format_); });

    auto* ports_export = verb(*ports_verb, "export", "firewall rules for a host of the site");
    ports_export->add_option("--format", text_, "the host's firewall")
        ->required()
        ->type_name("nftables|firewalld|ufw|netsh");
    takes_host(ports_export);
    takes_ends(ports_export);
    ports_export->add_option("--with", ports_.with, "roles that there are at other ends");
    ports_export->add_flag("--complete", all_, "a whole ruleset, which drops all else (nftables)");
    on(ports_export, [this] { return export_ports(session_, ports_, text_, all_); });

    auto* ports_check =
        verb(*ports_verb, "check", "can this host reach its peers: 0 yes, 3 a connection fails");
    takes_host(ports_check);
    takes_ends(ports_check);
    takes_format(ports_check);
    on(ports_check, [this] { return check_ports(session_, ports_, format_); });
  }

  void add_site_verbs() {
    on(verb(app_, "login", "get an operator's certificate for some hours"),
       [this] { return login(session_); });
    auto* operator_verb = verb(app_, "operator", "who may sign packages");
    operator_verb->require_subcommand(1);
    on(verb(*operator_verb, "list", "the catalogue keys of the present root"),
       [this] { return list_operators(session_); });
    auto* add_verb = verb(*operator_verb, "add", "let a further catalogue key sign");
    add_verb->add_option("PUBLIC-KEY", text_, "64 hex digits: the raw Ed25519 key")->required();
    on(add_verb, [this] { return add_operator(session_, text_); });
    auto* remove_verb = verb(*operator_verb, "remove", "refuse a catalogue key from now on");
    remove_verb->add_option("KEY-ID", text_)->required();
    on(remove_verb, [this] { return remove_operator(session_, text_); });

    auto* site_verb = verb(app_, "site", "the site itself");
    site_verb->require_subcommand(1);
    auto* create_verb = verb(*site_verb, "create", "make a trial site in the state folder");
    create_verb->add_option("--code", text_, "three of A-Z and 0-9, for life")->required();
    create_verb->add_option("--profile", profile_, "standard or unprivileged ports");
    create_verb->add_option("--address", address_, "the address that its listeners bind to");
    on(create_verb, [this] { return create_site(session_, text_, profile_, address_); });
    auto* show_verb = verb(*site_verb, "show", "what is known of the site's health");
    takes_format(show_verb);
    on(show_verb, [this] { return show_site(session_, format_); });
    auto* wait_verb = verb(*site_verb, "wait", "until signer, site or device NAME is there");
    wait_verb->add_option("WHAT", text_)->required();
    wait_verb->add_option("NAME", name_);
    on(wait_verb, [this] { return wait_for(session_, text_, name_); });
  }

  void add_database_verbs() {
    auto* database_verb = verb(app_, "database", "where the site keeps its database");
    database_verb->require_subcommand(1);
    auto* provision_verb = verb(*database_verb, "provision",
                                "make a PostgreSQL server for the site on this host; as root");
    provision_verb->add_option("--config", text_, "FILE, where it is not site/musterd.yaml");
    provision_verb
        ->add_option("--listen", provision_.addresses,
                     "an address of this host beside the loopback, or * for all; 127.0.0.1: none")
        ->type_name("ADDRESS");
    provision_verb->add_option("--port", provision_.port, "where it is not the standard one")
        ->check(CLI::Range(1024, 65'535));
    provision_verb->add_option("--data", data_, "where its data goes, a new or empty folder")
        ->type_name("FOLDER");
    on(provision_verb, [this] {
      if (!data_.empty()) provision_.data = std::filesystem::absolute(data_);
      return provision_database(session_, text_, provision_);
    });
    auto* move_verb =
        verb(*database_verb, "move",
             "from the state folder to the server of database.url; musterd is stopped");
    move_verb->add_option("--config", text_, "FILE, where it is not site/musterd.yaml");
    on(move_verb, [this] { return move_database(session_, text_); });
    auto* views_verb =
        verb(*database_verb, "rebuild-views", "have the tables for reports made anew");
    views_verb->add_option("--config", text_, "FILE, where it is not site/musterd.yaml");
    on(views_verb, [this] { return rebuild_views(session_, text_); });
  }

  void add_help_verbs() {
    auto* completion_verb = verb(app_, "completion", "a script that completes words for a shell");
    completion_verb->add_option("SHELL", text_, "bash, zsh or fish")->required();
    on(completion_verb, [this]() -> Result<void> {
      std::printf("%s", TRY(completion_script(text_)).c_str());
      return {};
    });
    auto* manual_verb = verb(app_, "manual", "write the manual pages into a folder");
    manual_verb->add_option("FOLDER", text_, "as man(1) finds them: FOLDER/man1")->required();
    on(manual_verb, [this] { return write_manual(table_of(app_), text_); });
    auto* complete_verb = verb(app_, "complete", "what the scripts of completion ask");
    complete_verb->group(kHidden);
    complete_verb->add_option("WORDS", roles_);
    on(complete_verb, [this]() -> Result<void> {
      for (const std::string& each : complete(session_, table_of(app_), roles_))
        std::printf("%s\n", each.c_str());
      return {};
    });
  }

  CLI::App app_;
  Session session_;
  Work work_;
  int failed_ = 1;  // the exit code of an error
  ApplyRequest apply_;
  ExportRequest export_;
  TraceRequest trace_;
  hosting::ProvisionRequest provision_;
  std::string data_;
  std::string kind_, name_, text_, life_, address_ = "127.0.0.1", profile_ = "unprivileged";
  std::string format_text_ = "table";
  Format format_ = Format::Table;
  std::vector<std::string> roles_;
  PortsRequest ports_;
  unsigned count_ = 1;
  bool dry_run_ = false, watch_ = false, all_ = false;
};

}  // namespace

int run(int argc, const char* const* argv, const Clock& clock, Random& random) {
  Program program(clock, random);
  return program.run(argc, argv);
}

}  // namespace muster::console
