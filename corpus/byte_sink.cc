#include "corpus/byte_sink.h"

#include <algorithm>

namespace mapiguard::corpus {

Content Content::generated(std::uint64_t size, Fill fill) {
  Content content;
  content.size_ = size;
  content.fill_ = std::move(fill);
  return content;
}

void Content::write_to(ByteSink& sink) const {
  if (!fill_) return sink.write(bytes_);
  constexpr std::uint64_t kPiece = 64 << 10;
  std::string piece;
  for (std::uint64_t offset = 0; offset < size_; offset += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min(kPiece, size_ - offset)));
    fill_(offset, piece);
    sink.write(piece);
  }
}

std::string Content::copy() const {
  StringByteSink sink;
  write_to(sink);
  return sink.take();
}

}  // namespace mapiguard::corpus
