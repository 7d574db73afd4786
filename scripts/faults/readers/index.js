'use strict';

/** Everything that is given mutated inputs, by name: readers of files, and kernels with their arguments. */
exports.readers = { ...require('./tables'), ...require('./pickle'), ...require('./runs'), ...require('./calls').readers };
