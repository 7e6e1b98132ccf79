#include "model/command_line.h"

#include "base/utf8.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// NAME=..., which a shell takes for an assignment where it stands before the command.
bool is_assignment_start(std::string_view word) {
  if (word.empty() || (word[0] >= '0' && word[0] <= '9')) return false;
  for (const char c : word)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
      return false;
  return true;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> split() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_blank(c)) {
        end_word();
        ++at_;
      } else if (c == '\'') {
        TRY(single_quotes());
      } else if (c == '"') {
        TRY(double_quotes());
      } else if (c == '\\') {
        TRY(escape());
      } else {
        TRY(plain(c));
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  Failure shell_only(std::string_view what) const {
    return fail(kBadCommandLine, "{} at position {} has a meaning to a shell only", what, at_ + 1);
  }

  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
    quoted_ = false;
  }

  void append(char c) {
    word_ += c;
    in_word_ = true;
  }

  Result<void> plain(char c) {
    if (c == '\n' || c == '\r') return shell_only("a line break");
    if (one_of(c, "|&;<>()$`*?[")) return shell_only(fmt::format("'{}'", c));
    if (!in_word_ && one_of(c, "~#")) return shell_only(fmt::format("'{}'", c));
    if (c == '=' && words_.empty() && !quoted_ && is_assignment_start(word_))
      return shell_only("the assignment before '='");
    append(c);
    ++at_;
    return {};
  }

  Result<void> escape() {
    if (at_ + 1 == text_.size())
      return fail(kBadCommandLine, "the text ends with a backslash that quotes nothing");
    if (text_[at_ + 1] == '\n') return shell_only("a backslash before a line break");
    append(text_[at_ + 1]);
    quoted_ = true;
    at_ += 2;
    return {};
  }

  Result<void> single_quotes() {
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos)
      return fail(kBadCommandLine, "the ' at position {} is never closed", at_ + 1);
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    in_word_ = true;  // '' is a word too
    quoted_ = true;
    at_ = end + 1;
    return {};
  }

  Result<void> double_quotes() {
    const std::size_t start = at_++;
    in_word_ = true;
    quoted_ = true;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return {};
      }
      if (one_of(c, "$`")) return shell_only(fmt::format("'{}' within \"\"", c));
      if (c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        if (next == '\n') return shell_only("a backslash before a line break");
        // Before any other character the backslash stands for itself (POSIX 2.2.3).
        if (one_of(next, "$`\"\\")) c = text_[++at_];
      }
      append(c);
    }
    return fail(kBadCommandLine, "the \" at position {} is never closed", start + 1);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
  bool quoted_ = false;  // whether a part of the word was quoted
};

}  // namespace

Result<std::vector<std::string>> split_command_line(std::string_view text) {
  // A folded block of YAML ends with a line break.
  const std::size_t end = text.find_last_not_of("\r\n");
  auto words = TRY(Splitter(text.substr(0, end == std::string_view::npos ? 0 : end + 1)).split());
  TRY(check_arguments(words));
  return words;
}

Result<void> check_arguments(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0].empty())
    return fail(kBadCommandLine, "there is no program to start");
  if (arguments.size() > kMostArguments)
    return fail(kBadCommandLine, "{} arguments, {} are allowed", arguments.size(), kMostArguments);
  std::size_t size = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    size += arguments[i].size() + 1;
    if (arguments[i].find('\0') != std::string::npos || !is_utf8(arguments[i]))
      return fail(kBadCommandLine, "argument {} is no UTF-8 text", i);
  }
  if (size > kMostArgumentBytes)
    return fail(kBadCommandLine, "{} bytes of arguments, {} are allowed", size, kMostArgumentBytes);
  return {};
}

}  // namespace muster::model
