#include "roles/console/completion.h"

#include <algorithm>

#include "model/cycle.h"
#include "roles/console/errors.h"
#include "roles/console/object_files.h"

namespace muster::console {
namespace {

constexpr std::string_view kFiles = ":files";

constexpr std::string_view kBash = R"(_muster() {
  local IFS=$'\n' answer
  answer=$("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  local each
  for each in $answer; do
    if [ "$each" = ":files" ]; then
      COMPREPLY+=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
      compopt -o filenames 2>/dev/null
    else
      COMPREPLY+=("$each")
    fi
  done
}
complete -F _muster muster
)";

constexpr std::string_view kZsh = R"(#compdef muster
_muster() {
  local -a answer
  answer=("${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( ${answer[(Ie):files]} )); then
    answer=("${(@)answer:#:files}")
    _files
  fi
  compadd -- "${(@)answer:#}"
}
compdef _muster muster
)";

constexpr std::string_view kFish = R"(function __muster_complete
  set -l words (commandline -opc) (commandline -ct)
  for each in ($words[1] complete -- $words[2..-1] 2>/dev/null)
    if test "$each" = ":files"
      __fish_complete_path (commandline -ct)
    else
      echo $each
    end
  end
end
complete -c muster -f -a '(__muster_complete)'
)";

// Where the words before the last one lead.
struct Place {
  const Verb* verb;
  const VerbOption* option = nullptr;  // that wants a value next
  std::vector<std::string> arguments{};
};

Place place_of(const Verb& root, const std::vector<std::string>& words) {
  Place place{&root};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.option) {
      place.option = nullptr;
    } else if (word.starts_with('-') && word.size() > 1) {
      const VerbOption* option = place.verb->option(word.substr(0, word.find('=')));
      if (option && !option->value.empty() && word.find('=') == std::string::npos)
        place.option = option;
    } else if (const Verb* next = place.arguments.empty() ? place.verb->verb(word) : nullptr) {
      place.verb = next;
    } else {
      place.arguments.push_back(word);
    }
  }
  return place;
}

std::vector<std::string> choices_of(std::string_view value) {
  if (value == "FILE") return {std::string(kFiles)};
  std::vector<std::string> out;
  if (value.find('|') == std::string_view::npos && value != "server") return out;
  while (!value.empty()) {
    const std::string_view each = value.substr(0, value.find('|'));
    out.emplace_back(each);
    value.remove_prefix(std::min(value.size(), each.size() + 1));
  }
  return out;
}

std::vector<std::string> names_of(const Session& session, std::string_view kind) {
  std::vector<std::string> out;
  const auto plural = plural_kind(kind);
  if (!plural) return out;
  auto api = sign_in(session);
  if (!api) return out;
  const auto items = api->list(*plural);
  if (!items) return out;
  const auto columns = contract::api_columns(*plural);
  for (const wire::Node& item : *items) out.push_back(text_at(item, columns[0].path));
  return out;
}

std::vector<std::string> kinds_for(const Verb& verb) {
  if (verb.name == "export") return file_kinds();
  std::vector<std::string> out;
  if (verb.name == "get") out.emplace_back(kPolicyOf);
  for (const std::string_view kind : contract::api_kinds()) out.emplace_back(kind);
  return out;
}

std::vector<std::string> argument_candidates(const Session& session, const Place& place) {
  if (place.verb->arguments.empty()) return {};
  const std::size_t at = place.arguments.size();
  const auto& arguments = place.verb->arguments;
  if (at >= arguments.size() && !arguments.back().many) return {};
  const std::string& name = arguments[std::min(at, arguments.size() - 1)].name;
  if (name == "KIND") return kinds_for(*place.verb);
  if (name == "DEVICE") return names_of(session, "devices");
  if (name == "DEPLOYMENT") return names_of(session, "deployments");
  if (name == "CYCLE") return {model::kCycleNames.begin(), model::kCycleNames.end()};
  if (name == "SHELL") return {"bash", "zsh", "fish"};
  if (name == "WHAT") return {"signer", "site", "device"};
  if (name == "SOURCE") return {"client", "signer", "musterd", std::string(kFiles)};
  if (name == "FOLDER") return {std::string(kFiles)};
  if (name != "NAME") return {};
  // "get KIND NAME", or "approve device NAME" where the kind is the verb itself.
  if (!place.arguments.empty() && place.arguments[0] == kPolicyOf)
    return names_of(session, "devices");
  return names_of(session, place.arguments.empty() ? place.verb->name : place.arguments[0]);
}

}  // namespace

const Verb* Verb::verb(std::string_view verb_name) const {
  const auto found = std::ranges::find(verbs, verb_name, &Verb::name);
  return found == verbs.end() ? nullptr : &*found;
}

const VerbOption* Verb::option(std::string_view option_name) const {
  for (const VerbOption& each : options)
    if (std::ranges::find(each.names, option_name) != each.names.end()) return &each;
  return nullptr;
}

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return std::string(kBash);
  if (shell == "zsh") return std::string(kZsh);
  if (shell == "fish") return std::string(kFish);
  return fail(kUsage, "completion {}: bash, zsh or fish is wanted", shell);
}

std::vector<std::string> complete(const Session& session, const Verb& root,
                                  const std::vector<std::string>& words) {
  const std::string last = words.empty() ? "" : words.back();
  const Place place = place_of(root, words);
  std::vector<std::string> all;
  if (place.option) {
    all = choices_of(place.option->value);
  } else if (last.starts_with('-')) {
    const std::string name = last.substr(0, last.find('='));
    const VerbOption* option =
        last.find('=') == std::string::npos ? nullptr : place.verb->option(name);
    if (option) {
      for (const std::string& choice : choices_of(option->value))
        all.push_back(name + "=" + choice);
    } else {
      for (const VerbOption& each : place.verb->options)
        all.insert(all.end(), each.names.begin(), each.names.end());
    }
  } else if (!place.verb->verbs.empty()) {
    for (const Verb& each : place.verb->verbs) all.push_back(each.name);
  } else {
    all = argument_candidates(session, place);
  }
  std::erase_if(all, [&](const std::string& each) {
    // Names come from machines and go to a shell: only what needs no quoting is offered.
    const bool plain = std::ranges::all_of(each, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) ||
             std::string_view("-._=:/").find(c) != std::string_view::npos;
    });
    return !plain || (each != kFiles && !each.starts_with(last));
  });
  std::ranges::sort(all);
  return all;
}

}  // namespace muster::console
