#include "roles/console/manual.h"

#include "base/os/file.h"
#include "base/settings_tables.h"
#include "base/version.h"
#include "contract/api.h"
#include "roles/console/errors.h"
#include "topology/port_settings.h"

namespace muster::console {
namespace {

// Of the last change of the pages' wording: a page's date must not depend on when it was built.
constexpr std::string_view kPagesDate = "2026-11-23";

// Text as roff shows it: no escape, no request and no typographic hyphen of its own.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += "\\&";
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

std::string heading(std::string_view name, int section, std::string_view sentence) {
  return fmt::format(".TH {} {} \"{}\" \"muster {}\" \"muster\"\n.SH NAME\n{} \\- {}\n",
                     upper(roff(name)), section, kPagesDate, kVersion, roff(name), roff(sentence));
}

std::string option_names(const VerbOption& option) {
  std::string out;
  for (const std::string& name : option.names)
    out += fmt::format("{}\\fB{}\\fR", out.empty() ? "" : ", ", roff(name));
  if (!option.value.empty()) out += fmt::format(" \\fI{}\\fR", roff(option.value));
  return out;
}

std::string synopsis(const std::string& words, const Verb& verb) {
  std::string out = fmt::format(".B {}\n", roff(words));
  if (!verb.options.empty()) out += ".RI [ options ]\n";
  if (!verb.verbs.empty()) out += ".I verb\n";
  for (const VerbArgument& argument : verb.arguments) {
    const std::string more = argument.many ? " ..." : "";
    out += argument.required ? fmt::format(".I {}{}\n", roff(argument.name), more)
                             : fmt::format(".RI [ {}{} ]\n", roff(argument.name), more);
  }
  return out;
}

void append_details(std::string& out, const Verb& verb) {
  for (const VerbArgument& argument : verb.arguments)
    if (!argument.sentence.empty())
      out += fmt::format(".TP\n.I {}\n{}\n", roff(argument.name), roff(argument.sentence));
  for (const VerbOption& option : verb.options)
    out += fmt::format(".TP\n{}\n{}\n", option_names(option),
                       option.sentence.empty() ? "(see the synopsis)" : roff(option.sentence));
}

bool takes_kind(const Verb& verb) {
  for (const VerbArgument& argument : verb.arguments)
    if (argument.name == "KIND") return true;
  return false;
}

std::string verb_page(const Verb& verb) {
  const std::string name = "muster-" + verb.name;
  std::string out = heading(name, 1, verb.sentence) + ".SH SYNOPSIS\n";
  if (verb.verbs.empty()) out += synopsis("muster " + verb.name, verb);
  for (std::size_t i = 0; i < verb.verbs.size(); ++i)
    out += fmt::format(
        "{}{}", i ? ".br\n" : "",
        synopsis(fmt::format("muster {} {}", verb.name, verb.verbs[i].name), verb.verbs[i]));
  out += ".SH OPTIONS\n";
  append_details(out, verb);
  for (const Verb& each : verb.verbs) {
    out +=
        fmt::format(".SS \"{} {}\"\n{}\n", roff(verb.name), roff(each.name), roff(each.sentence));
    append_details(out, each);
  }
  if (takes_kind(verb)) {
    out += ".SH KINDS\n";
    std::string kinds;
    for (const std::string_view kind : contract::api_kinds())
      kinds += fmt::format("{}{}", kinds.empty() ? "" : ", ", kind);
    if (verb.name == "get") kinds += ", policy (of the device that NAME names)";
    out += roff(kinds) + "; the singular is taken too.\n";
  }
  return out + ".SH SEE ALSO\n.BR muster (1)\n";
}

std::string main_page(const Verb& root) {
  std::string out = heading("muster", 1, "the console of a site") + ".SH SYNOPSIS\n" +
                    synopsis("muster", root) + ".SH VERBS\n";
  for (const Verb& verb : root.verbs)
    out += fmt::format(".TP\n.BR muster\\-{} (1)\n{}\n", roff(verb.name), roff(verb.sentence));
  out += ".SH OPTIONS\n";
  append_details(out, root);
  return out +
         ".SH ENVIRONMENT\n.TP\n.B MUSTER_STATE\nThe folder with the context of the operator; "
         ".muster in the working directory when it is not set.\n"
         ".SH EXIT STATUS\n0 done, 1 failed, 2 misused; diff: 1 something differs, 2 failed; "
         "doctor: 1 warnings, 3 something failed.\n"
         ".SH SEE ALSO\n.BR muster\\-settings (5)\n";
}

void append_settings(std::string& out, std::string_view title, SettingTable table) {
  out += fmt::format(".SH {}\n", upper(title));
  for (const Setting& setting : table) {
    out += fmt::format(".TP\n.B {}\n{}", roff(setting.name), roff(setting.sentence));
    if (!setting.choices.empty()) out += fmt::format(" One of: {}.", roff(setting.choices));
    if (!setting.least.empty() || !setting.most.empty())
      out += fmt::format(" From {} to {}.", roff(setting.least), roff(setting.most));
    out += setting.standard.empty() ? "\n" : fmt::format(" Default: {}.\n", roff(setting.standard));
  }
}

std::string settings_page() {
  std::string out = heading("muster-settings", 5, "the settings of sites, hosts and clients");
  append_settings(out, "site", site_settings());
  append_settings(out, "ports of a site", topology::port_setting_table());
  append_settings(out, "host of site roles", host_settings());
  append_settings(out, "client", client_settings());
  return out + ".SH SEE ALSO\n.BR muster (1)\n";
}

}  // namespace

std::vector<ManualPage> manual_pages(const Verb& root) {
  std::vector<ManualPage> out;
  out.push_back({"man1/muster.1", main_page(root)});
  for (const Verb& verb : root.verbs)
    out.push_back({fmt::format("man1/muster-{}.1", verb.name), verb_page(verb)});
  out.push_back({"man5/muster-settings.5", settings_page()});
  return out;
}

Result<void> write_manual(const Verb& root, const std::filesystem::path& folder) {
  for (const ManualPage& page : manual_pages(root)) {
    const auto path = folder / page.name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return fail(kExportFolder, "{}: {}", path.parent_path().string(), error.message());
    TRY(os::replace_file(path, page.text, os::FileMode::Public));
  }
  return {};
}

}  // namespace muster::console
