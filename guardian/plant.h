// Plant: makes our own converter really do the bad thing that it is there to survive. A faults build alone has it
// (MAPIGUARD_FAULTS); a release build has nothing of it.
//
// Names are the death classes and variants of them ("out_of_memory.glib"). Thread promise: of the worker.
#pragma once

#if MAPIGUARD_FAULTS

#include <span>
#include <string>
#include <string_view>

#include <mapiguard/convert.h>

namespace mapiguard {

struct Plant {
  std::string_view name;
  std::string_view what;
};
std::span<const Plant> plants();
bool is_plant(std::string_view name);

// In the worker, at the moment when it would convert. Returns only for plants that lie in the reply.
void spring(std::string_view plant, OutputSink& sink);
// The reply as a worker sends it after a plant that lies was sprung.
std::string distort(std::string reply);
// In the supervisor, when the worker has the message.
void spring_in_supervisor(std::string_view plant);

}  // namespace mapiguard

#endif
