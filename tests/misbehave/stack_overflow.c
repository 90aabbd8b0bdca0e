// Recurses without end, touching every page of the stack.
#include "tests/misbehave/misbehave.h"

static int descend(volatile char* above, unsigned depth) {
  volatile char frame[4096];
  frame[0] = above ? above[0] : (char)depth;
  if (depth == 0) return frame[0];
  const int below = descend(frame, depth + 1);
  return below + frame[0];
}

int main(void) {
  read_message();
  const int result = descend(NULL, 1);
  not_stopped("endless recursion");
  return result & 1;
}
