export { formatBytes, withMemory } from './bytes';
export { environment } from './environment';
export { availableMemory, requireMemory } from './memory';
export type { AvailableMemory } from './memory';
export { allowedCores, defaultThreads, usableThreads } from './threads';
export type { CpuQuota, UsableThreads } from './threads';
