import type { Ref } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import type { Followed, OracleEffect, OracleState } from './state.ts';

/** The tasks that an oracle follows, as the changes of its state leave them. */
export class FollowedTasks {
  readonly #byMixer = new Map<Ref<'mixers'>, Map<string, Followed>>();

  get all(): OracleState['tasks'] {
    return this.#byMixer;
  }

  change(change: Extract<OracleEffect, { readonly type: 'follow' | 'mark' | 'forget' }>): void {
    if (change.type === 'forget') this.#forget(change.mixer, change.id);
    else this.#set(change.task, change.type === 'follow');
  }

  #set(task: Followed, isLast: boolean): void {
    const { mixer, taskId } = task.signed.announcement;
    const tasks = this.#byMixer.get(mixer) ?? new Map<string, Followed>();
    const id = toHex(taskId);
    if (isLast) tasks.delete(id);
    tasks.set(id, task);
    this.#byMixer.set(mixer, tasks);
  }

  #forget(mixer: Ref<'mixers'>, id: string): void {
    const tasks = this.#byMixer.get(mixer);
    tasks?.delete(id);
    if (tasks?.size === 0) this.#byMixer.delete(mixer);
  }
}
