#include "table.h"

namespace blastrain {

const Table kFloat32Table(kKernels<float>);

}  // namespace blastrain
