#include "converter/read/read.h"
namespace mapiguard {
Result<Document> read_tnef(Bytes, const ReadContext&) { return fail(ErrorCode::not_a_message, "todo"); }
}  // namespace mapiguard
namespace mapiguard {
bool has_tnef_signature(Bytes i) { return ByteCursor(i).u32() == 0x223E9F78u; }
}  // namespace mapiguard
