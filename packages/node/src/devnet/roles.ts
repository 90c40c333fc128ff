import { addressText } from '@assay/protocol';
import type { RoleControl, RolesService } from '../http/port.ts';
import type { RoleService } from '../roles/context.ts';

interface Entry {
  readonly name: string;
  readonly kind: RoleControl['kind'];
  readonly address: Uint8Array;
  readonly service: RoleService;
  running: boolean;
}

/** The roles of this process; an operator may stop one to see what the network does without it. */
export class Roles implements RolesService {
  readonly #entries: Entry[] = [];

  add(role: Omit<Entry, 'running'>): void {
    this.#entries.push({ ...role, running: false });
  }

  async startAll(): Promise<void> {
    for (const entry of this.#entries) await this.#apply(entry, true);
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#entries.map((entry) => this.#apply(entry, false)));
  }

  list(): RoleControl[] {
    return this.#entries.map(controlOf);
  }

  async set(name: string, running: boolean): Promise<RoleControl | null> {
    const entry = this.#entries.find((candidate) => candidate.name === name);
    if (entry === undefined) return null;
    await this.#apply(entry, running);
    return controlOf(entry);
  }

  async #apply(entry: Entry, running: boolean): Promise<void> {
    if (entry.running === running) return;
    entry.running = running;
    await (running ? entry.service.start() : entry.service.stop());
  }
}

function controlOf({ name, kind, address, running }: Entry): RoleControl {
  return { name, kind, address: addressText(address), running };
}
