import type { ChainStore, Store } from '@assay/node/store/store';
import type { RoleStore } from '@assay/roles/ports/store';
import type { SimulatedRuntime } from '@assay/roles/simulated/runtime';

/** What the chain of a world, and what its roles remember, lies in. */
export interface WorldStore extends ChainStore, Pick<Store, 'task'> {
  roleStore(role: string): RoleStore & {
    /** Takes back what is not durable; a disk has no such thing. */
    crash?(): void;
  };
}

/** A store on a disk, while whose work time stands still. */
export function heldStore(disk: Store, runtime: SimulatedRuntime): WorldStore {
  return {
    dir: disk.dir,
    get height() {
      return disk.height;
    },
    get base() {
      return disk.base;
    },
    get viewsHeight() {
      return disk.viewsHeight;
    },
    blockAt: (height) => disk.blockAt(height),
    sealAt: (height) => disk.sealAt(height),
    putSeal: (height, seal) => runtime.hold(disk.putSeal(height, seal)),
    resultAt: (height) => disk.resultAt(height),
    snapshotHeights: () => disk.snapshotHeights(),
    snapshotAt: (height) => disk.snapshotAt(height),
    task: (taskId) => disk.task(taskId),
    begin: (block, snapshot) => runtime.hold(disk.begin(block, snapshot)),
    commit: (block) => runtime.hold(disk.commit(block)),
    clearViews: () => disk.clearViews(),
    restoreViews: (block) => disk.restoreViews(block),
    roleStore: (name) => {
      const role = disk.roleStore(name);
      return {
        get: (key) => role.get(key),
        put: (key, value, expiryHeight) => role.put(key, value, expiryHeight),
        delete: (key) => role.delete(key),
        entries: (prefix) => role.entries(prefix),
        flushed: () => runtime.hold(role.flushed()),
      };
    },
  };
}
