// Patterns of lines: literal text with fields in braces. "{Name} = {Value}" finds two fields in
// "colour = red". Reading takes time in proportion to the line, whatever the line says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::model {

class TextPattern {
 public:
  // "{}" is text that is passed over, "{{" and "}}" are braces, a run of blanks is one or more
  // blanks or tabs of the line. Error: kBadClass, for two fields with nothing between them, for a
  // field that stands twice, for none at all, and for a brace that is alone.
  static Result<TextPattern> parse(std::string_view text);

  // In the order of the pattern.
  const std::vector<std::string>& fields() const { return fields_; }

  // The texts of fields() in the line, without the blanks around them; nothing for a line of
  // another form. A field ends where what stands behind it is found first; one at the end is all
  // the rest. Blanks at the line's ends do not count.
  std::optional<std::vector<std::string_view>> match(std::string_view line) const;

 private:
  // What stands before a field: literals with blanks between them, each perhaps empty.
  using Literal = std::vector<std::string>;
  struct Part {
    Literal literal;
    std::optional<std::size_t> field{};  // none for text that is passed over
  };

  std::vector<Part> parts_;
  Literal end_;
  bool ends_with_field_ = false;
  std::vector<std::string> fields_;
};

}  // namespace muster::model
