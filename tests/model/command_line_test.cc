#include "model/command_line.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "model/object_errors.h"
#include "tests/command_output.h"

namespace muster::model {
namespace {

using Words = std::vector<std::string>;

struct Split {
  const char* text;
  Words words;
};

// Texts without a word that only a shell would act on.
const std::vector<Split>& splits() {
  static const std::vector<Split> table = {
      {"sh install.sh", {"sh", "install.sh"}},
      {"  a \t b  ", {"a", "b"}},
      {"a 'b c' d", {"a", "b c", "d"}},
      {"a \"b c\" d", {"a", "b c", "d"}},
      {"a\\ b c", {"a b", "c"}},
      {"a '' b \"\"", {"a", "", "b", ""}},
      {"a'b'\"c\"\\d", {"abcd"}},
      {"'a\\b' \"a\\b\"", {"a\\b", "a\\b"}},
      {"\"a\\\"b\" \"a\\\\b\"", {"a\"b", "a\\b"}},
      {"a '$HOME' '`x`' '*' '|' '>'", {"a", "$HOME", "`x`", "*", "|", ">"}},
      {"a \\$HOME \\* \\| \\> \\; \\& \\# \\~", {"a", "$HOME", "*", "|", ">", ";", "&", "#", "~"}},
      {"a \"*\" \"|\" \"a;b\" \"(x)\" \"#\" \"~\"", {"a", "*", "|", "a;b", "(x)", "#", "~"}},
      {"a b#c d~e -f=g h=i", {"a", "b#c", "d~e", "-f=g", "h=i"}},
      {"a=b\\=c x", {}},
      {"a\\=b x", {"a=b", "x"}},
      {"'a'=b x", {"a=b", "x"}},
      {"-a=b x", {"-a=b", "x"}},
      {"find . -exec {} +", {"find", ".", "-exec", "{}", "+"}},
      {"a 'line\nbreak'", {"a", "line\nbreak"}},
      {"a \"it's\" 'say \"x\"'", {"a", "it's", "say \"x\""}},
      {"msiexec /i C:\\\\x.msi /qn", {"msiexec", "/i", "C:\\x.msi", "/qn"}},
      {"é 'ü ö'", {"é", "ü ö"}},
      {"a ] % ^ @ , . / : + - _", {"a", "]", "%", "^", "@", ",", ".", "/", ":", "+", "-", "_"}},
      {"a b\n", {"a", "b"}},
      {"\\a\\b\\' x", {"ab'", "x"}},
  };
  return table;
}

// For a file or argument of a shell: nothing in it is special.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  out += '\'';
  return out;
}

std::string with_zeros(const Words& words) {
  std::string out;
  for (const std::string& word : words) (out += word) += '\0';
  return out;
}

TEST(CommandLine, SplitsAsTheTableSays) {
  for (const Split& split : splits()) {
    const auto words = split_command_line(split.text);
    if (split.words.empty()) {
      EXPECT_FALSE(words) << split.text;
      continue;
    }
    ASSERT_TRUE(words) << split.text << ": " << words.error().text();
    EXPECT_EQ(*words, split.words) << split.text;
  }
}

TEST(CommandLine, SplitsAsTheShellDoes) {
  for (const Split& split : splits()) {
    if (split.words.empty()) continue;
    const std::string script = std::string("printf '%s\\0' ") + split.text;
    EXPECT_EQ(command_output("sh -c " + shell_quoted(script)), with_zeros(split.words))
        << split.text;
  }
}

TEST(CommandLine, SplitsAsPythonsShlexDoes) {
  if (command_output("python3 -c 'print(1)' 2>/dev/null") != "1\n") GTEST_SKIP() << "no python3";
  const std::string_view program = R"(
import shlex, sys
for text in sys.argv[1:]:
    sys.stdout.write("".join(word + "\0" for word in shlex.split(text)) + "\n\n")
)";
  std::string command = fmt::format("python3 -c {}", shell_quoted(program));
  std::string wanted;
  for (const Split& split : splits()) {
    if (split.words.empty()) continue;
    command += fmt::format(" {}", shell_quoted(split.text));
    wanted += with_zeros(split.words) + "\n\n";
  }
  EXPECT_EQ(command_output(command), wanted);
}

// shlex keeps these backslashes; POSIX 2.2.3 does not, and the shell is the judge.
TEST(CommandLine, TakesBackslashesInDoubleQuotesAsPosixSays) {
  const std::string text = "a \"\\$x\" \"\\`y\\`\" \"\\z\"";
  EXPECT_EQ(*split_command_line(text), (Words{"a", "$x", "`y`", "\\z"}));
  EXPECT_EQ(command_output("sh -c " + shell_quoted("printf '%s\\0' " + text)),
            with_zeros(*split_command_line(text)));
}

TEST(CommandLine, RefusesWhatOnlyAShellWouldActOn) {
  for (const char* text :
       {"a | b",   "a > b",   "a 2>&1", "a < b",  "a; b",        "a && b",       "a & ",
        "a $HOME", "a ${x}",  "a $(b)", "a `b`",  "a \"$HOME\"", "a \"`b`\"",    "a *.deb",
        "a ?",     "a [b]",   "(a)",    "a ~/x",  "~/bin/a",     "# a",          "a # b",
        "A=1 b",   "_x1=2 b", "a\nb",   "a\r\nb", "a \\\nb",     "a \"x\\\ny\"", "a b*c"}) {
    const auto words = split_command_line(text);
    ASSERT_FALSE(words) << text;
    EXPECT_TRUE(words.error().is(kBadCommandLine)) << text;
    EXPECT_NE(words.error().detail().find("has a meaning to a shell only"), std::string::npos)
        << text;
  }
}

TEST(CommandLine, TellsThePositionAndTheRemedy) {
  const auto words = split_command_line("sh x.sh | tee log");
  EXPECT_EQ(words.error().detail(), "'|' at position 9 has a meaning to a shell only");
  EXPECT_NE(words.error().text_with_advice().find("argv: [sh, -c"), std::string::npos);
}

TEST(CommandLine, RefusesQuotesThatStayOpen) {
  for (const char* text : {"a 'b", "a \"b", "a \"b\\\"", "'", "\"", "a \\", "a \"b\\"})
    EXPECT_FALSE(split_command_line(text)) << text;
  EXPECT_EQ(split_command_line("a 'b").error().detail(), "the ' at position 3 is never closed");
}

TEST(CommandLine, NeedsAProgram) {
  for (const char* text : {"", "  ", "\n", "''", "\"\" a"})
    EXPECT_TRUE(split_command_line(text).error().is(kBadCommandLine)) << text;
}

TEST(CommandLine, HoldsItsLimitsToTheLastArgumentAndByte) {
  EXPECT_TRUE(check_arguments(Words(kMostArguments, "a")));
  EXPECT_FALSE(check_arguments(Words(kMostArguments + 1, "a")));
  EXPECT_TRUE(check_arguments({std::string(kMostArgumentBytes - 1, 'a')}));
  EXPECT_FALSE(check_arguments({std::string(kMostArgumentBytes, 'a')}));
}

TEST(CommandLine, RefusesArgumentsThatNoSystemTakes) {
  EXPECT_FALSE(check_arguments({}));
  EXPECT_FALSE(check_arguments({"", "a"}));
  EXPECT_TRUE(check_arguments({"a", ""}));
  EXPECT_FALSE(check_arguments({"a", std::string(1, '\0')}));
  EXPECT_FALSE(check_arguments({"a", "\xff"}));
  EXPECT_FALSE(split_command_line(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace muster::model
