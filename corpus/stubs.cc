#include "corpus/catalogue.h"
namespace mapiguard::corpus {
std::span<const Sample> charset_samples() { return {}; }
std::span<const Sample> attachment_samples() { return {}; }
std::span<const Sample> class_samples() { return {}; }
std::span<const Sample> damaged_samples() { return {}; }
}  // namespace mapiguard::corpus
