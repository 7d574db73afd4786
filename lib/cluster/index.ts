export { launcherOf } from './launcher';
export type { Launcher } from './launcher';
export { attach, defaultWatchdog, joinCluster, joinedCluster } from './join';
export { Communicator, leavesOf } from './communicator';
export { RankExchange } from './rankExchange';
export { introduce } from './introduce';
export type { Introduction } from './introduce';
