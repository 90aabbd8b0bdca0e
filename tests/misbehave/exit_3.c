// Exits with code 3 (or ARG) after having written an answer.
#include "tests/misbehave/misbehave.h"

int main(int argc, char** argv) {
  answer(read_message());
  return (int)argument(argc, argv, 3);
}
