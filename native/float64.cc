#include "table.h"

namespace blastrain {

const Table kFloat64Table(kKernels<double>);

}  // namespace blastrain
