# Debian 12 packages alone; their names stand in cmake/packages.txt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)  # Interprocess, for mapping only: headers
pkg_check_modules(GMIME REQUIRED IMPORTED_TARGET gmime-3.0)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
find_library(CRYPTO_ARCHIVE libcrypto.a REQUIRED)  # its SHA-256 alone is linked in (base/sha256.h)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)  # SMTP
pkg_check_modules(ICAL REQUIRED IMPORTED_TARGET libical)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
