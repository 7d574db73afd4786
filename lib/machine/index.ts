export { formatBytes, withMemory } from './bytes';
export { environment } from './environment';
export { setLargePages, useLargePages } from './largePages';
export { availableMemory, requireMemory } from './memory';
export type { AvailableMemory } from './memory';
export { memoryNodes } from './memoryNodes';
export { allowedCores, defaultThreads, usableThreads } from './threads';
export type { CpuQuota, UsableThreads } from './threads';
