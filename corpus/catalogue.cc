#include "corpus/catalogue.h"

namespace mapiguard::corpus {

std::vector<Sample> all_samples() {
  std::vector<Sample> all;
  for (const auto group : {body_samples(), charset_samples(), attachment_samples(), mail_samples(), class_samples(),
                           tnef_samples(), damaged_samples(), broken_content_samples()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

const char* name_of(Kind kind) {
  constexpr const char* kNames[] = {"msg", "oft", "tnef", "eml", "other"};
  return kNames[static_cast<std::size_t>(kind)];
}

const char* name_of(Outcome outcome) {
  constexpr const char* kNames[] = {"converted", "tolerated", "degraded", "damaged", "either"};
  return kNames[static_cast<std::size_t>(outcome)];
}

const char* name_of(Place place) {
  constexpr const char* kNames[] = {"committed", "on-demand", "large"};
  return kNames[static_cast<std::size_t>(place)];
}

}  // namespace mapiguard::corpus
