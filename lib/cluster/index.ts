export { launcherOf } from './launcher';
export type { Launcher } from './launcher';
export { attach, defaultWatchdog, joinCluster } from './join';
export type { Cluster, ClusterHandle } from './join';
export { Communicator } from './communicator';
