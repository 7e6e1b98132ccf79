// What machines wrote, on its way to an operator's terminal or file.
#include "roles/console/output.h"

#include <gtest/gtest.h>

namespace muster::console {
namespace {

TEST(Output, SteersNoTerminalInAnyFormOfATable) {
  const TextTable table{{"NAME"},
                        {{"a\x1b[2Jb"},
                         {"c\xc2\x9b"
                          "d"},
                         {"e\xff"
                          "f"}}};
  EXPECT_EQ(render_table(table), "NAME\na?[2Jb\nc?d\ne?f\n");
  EXPECT_EQ(render_csv(table), "NAME\r\na?[2Jb\r\nc?d\r\ne?f\r\n");
}

TEST(Output, KeepsTheLinesOfACellOfCsv) {
  EXPECT_EQ(render_csv({{"A", "B"}, {{"one\ntwo", "say \"x\", y"}}}),
            "A,B\r\n\"one\ntwo\",\"say \"\"x\"\", y\"\r\n");
}

}  // namespace
}  // namespace muster::console
