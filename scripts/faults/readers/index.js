'use strict';

/** The readers of mutated inputs, by name: readers of files, commands that read many files, and kernels with their arguments. */
exports.readers = {
  ...require('./tables'), ...require('./typedTables'), ...require('./pickle').readers, ...require('./imports'), ...require('./specs'), ...require('./checkpoint'), ...require('./lines'), ...require('./results').readers,
  ...require('./commands'), ...require('./calls').readers,
};
