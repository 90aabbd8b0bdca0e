// mapiguard-symbols: says which functions and lines the addresses of a crash report are. A program of its own, so that
// neither the supervisor nor a worker reads debugging information.
//
//   mapiguard-symbols MODULE BUILD_ID OFFSET…      offsets as the report has them, innermost first, hexadecimal
//   mapiguard-symbols --evidence < EVIDENCE        of an external command's death (evidence.h)
//
// One line for each: "function<TAB>file:line", "-" for what is not known. Exit code: 0, 64 usage, 66 the module cannot be
// read or is of another build.
#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "tools/mapiguard-symbols/evidence.h"

namespace mapiguard {

std::string readable(const char* symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> plain(abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  return status == 0 ? plain.get() : symbol;
}

}  // namespace mapiguard

namespace {

constexpr int kUsage = 64, kCannotOpen = 66;

class Symbols {
 public:
  explicit Symbols(const char* path) : session_(dwfl_begin(&kCallbacks), dwfl_end) {
    if (!session_) return;
    module_ = dwfl_report_offline(session_.get(), "", path, -1);
    dwfl_report_end(session_.get(), nullptr, nullptr);
    if (module_ && !dwfl_module_getelf(module_, &bias_)) module_ = nullptr;
  }

  bool is_build(const std::string& wanted) const {
    const unsigned char* bits = nullptr;
    GElf_Addr where = 0;
    const int size = module_ ? dwfl_module_build_id(module_, &bits, &where) : 0;
    std::string found;
    for (int i = 0; i < size; ++i) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", bits[i]);
      found += digits;
    }
    return module_ && found == wanted;
  }

  std::string line_for(GElf_Addr offset) const {
    const GElf_Addr address = offset + bias_;
    GElf_Off within = 0;
    GElf_Sym symbol{};
    const char* name = dwfl_module_addrinfo(module_, address, &within, &symbol, nullptr, nullptr, nullptr);
    std::string line = name ? mapiguard::readable(name) : "-";
    int number = 0;
    Dwfl_Line* source = dwfl_module_getsrc(module_, address);
    const char* file = source ? dwfl_lineinfo(source, nullptr, &number, nullptr, nullptr, nullptr) : nullptr;
    return line + "\t" + (file ? std::string(file) + ":" + std::to_string(number) : "-");
  }

 private:
  static constexpr Dwfl_Callbacks kCallbacks = {
      .find_elf = dwfl_build_id_find_elf,
      .find_debuginfo = dwfl_standard_find_debuginfo,
      .section_address = dwfl_offline_section_address,
      .debuginfo_path = nullptr,
  };
  std::unique_ptr<Dwfl, void (*)(Dwfl*)> session_;
  Dwfl_Module* module_ = nullptr;
  GElf_Addr bias_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--evidence") return mapiguard::print_frames(0);
  if (argc < 4) {
    std::fputs("usage: mapiguard-symbols MODULE BUILD_ID OFFSET...\n       mapiguard-symbols --evidence < EVIDENCE\n", stderr);
    return kUsage;
  }
  const Symbols symbols(argv[1]);
  if (!symbols.is_build(argv[2])) {
    std::fprintf(stderr, "mapiguard-symbols: '%s' cannot be read or is of another build\n", argv[1]);
    return kCannotOpen;
  }
  for (int i = 3; i < argc; ++i) {
    // All but the innermost are return addresses, which stand behind their call.
    const GElf_Addr offset = std::strtoull(argv[i], nullptr, 16);
    std::puts(symbols.line_for(offset - (i > 3 && offset > 0 ? 1 : 0)).c_str());
  }
  return 0;
}
