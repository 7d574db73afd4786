export { defaultThreads, usableThreads } from './threads';
export type { CpuQuota, UsableThreads } from './threads';
export { formatBytes, memoryRoom, requireMemory, withMemory } from './memory';
export type { MemoryRoom } from './memory';
