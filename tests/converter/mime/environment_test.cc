// prepare_converter()'s half that this stage needs: GMime is initialised once, before any test.
#include <gmime/gmime.h>
#include <gtest/gtest.h>

namespace mapiguard {
namespace {

class Prepared : public ::testing::Environment {
  void SetUp() override {
    g_mime_init();
  }
};
const auto* const kPrepared = ::testing::AddGlobalTestEnvironment(new Prepared);

}  // namespace
}  // namespace mapiguard
