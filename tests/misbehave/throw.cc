// Lets an exception escape: std::terminate, so SIGABRT.
#include <cstdio>
#include <stdexcept>

int main() {
  while (std::getchar() != EOF) {
  }
  throw std::runtime_error("the message is not as expected");
}
