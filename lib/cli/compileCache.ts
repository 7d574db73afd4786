// The first import of the command line, so that all modules after it come from the cache.
import { join } from 'node:path';
import { keepCompiled, userCacheFolder } from '../machine/compileCache';

const cache = userCacheFolder();
if (cache !== undefined) keepCompiled(join(cache, 'compiled'));
