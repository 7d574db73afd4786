export { formatBytes, withMemory } from './bytes';
export { environment } from './environment';
export { setLargePagesHook, useLargePages } from './largePages';
export { availableMemory, requireMemory } from './memory';
export type { AvailableMemory } from './memory';
export { memoryNodes, memoryNodesOf } from './memoryNodes';
export { defaultThreads, physicalCores, usableThreads } from './threads';
export type { CpuQuota, UsableThreads } from './threads';
