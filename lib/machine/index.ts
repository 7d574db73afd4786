export { allowedCores, defaultThreads, usableThreads } from './threads';
export type { CpuQuota, UsableThreads } from './threads';
export { formatBytes, availableMemory, requireMemory, withMemory } from './memory';
export type { AvailableMemory } from './memory';
