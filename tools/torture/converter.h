// The misbehaving converter: what `mapiguard torture-converter` is, an external converter that does what the first line
// of its message says, so that a release build can be made to meet every death.
//
// Thread promise: of a process of its own, which it may end in any way.
#pragma once

namespace mapiguard::torture {

// Message on standard input, answer on standard output. The exit code: 0; 65 for a message that is not torture's; 3 as
// a lie.
int run_converter();

}  // namespace mapiguard::torture
