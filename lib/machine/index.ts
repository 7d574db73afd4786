export { defaultThreads, usableThreads } from './threads';
export type { CpuQuota, UsableThreads } from './threads';
export { formatBytes, memoryRoom, requireMemory } from './memory';
export type { MemoryRoom } from './memory';
