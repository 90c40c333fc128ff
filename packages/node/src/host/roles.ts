import { addressText } from '@assay/protocol';
import type { RoleService } from '@assay/roles/context';
import type { RoleControl, RolesService } from '../http/port.ts';
import type { LiveAccountKey, LiveCommitteeKey } from './live-key.ts';

interface Entry {
  readonly name: string;
  readonly kind: RoleControl['kind'];
  readonly signer: LiveAccountKey;
  readonly committeeSigner: LiveCommitteeKey | null;
  readonly service: RoleService;
  running: boolean;
  /** Whether it is to run; one that cannot start is started again later. */
  isWanted: boolean;
  /** Why it could not start the last time. */
  fault: string;
  /** Whether the chain had another key for it at the last look. */
  isBehind: boolean;
}

/** The roles of this process; an operator may stop one to see what the network does without it. */
export class Roles implements RolesService {
  readonly #entries: Entry[] = [];
  readonly #log: (line: string) => void;
  #last: Promise<unknown> = Promise.resolve();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  add(role: Omit<Entry, 'running' | 'isWanted' | 'fault' | 'isBehind'>): void {
    this.#entries.push({ ...role, running: false, isWanted: false, fault: '', isBehind: false });
  }

  startAll(): Promise<void> {
    for (const entry of this.#entries) entry.isWanted = true;
    return this.startAgain();
  }

  /** Starts those that could not start before: a port that another program had may be free by now. */
  startAgain(): Promise<void> {
    return this.#inTurn(async () => {
      for (const entry of this.#entries) if (entry.isWanted) await this.#begin(entry);
    });
  }

  async stopAll(): Promise<void> {
    for (const entry of this.#entries) entry.isWanted = false;
    await this.#inTurn(() => Promise.all(this.#entries.map((entry) => apply(entry, false))));
  }

  list(): RoleControl[] {
    return this.#entries.map(controlOf);
  }

  async set(name: string, running: boolean): Promise<RoleControl | null> {
    const entry = this.#entries.find((candidate) => candidate.name === name);
    if (entry === undefined) return null;
    entry.isWanted = running;
    await this.#inTurn(() => apply(entry, running));
    return controlOf(entry);
  }

  /** Lets every role whose key the chain has exchanged go on with the new one (§3.6). */
  async followKeys(): Promise<void> {
    for (const entry of this.#entries) {
      const isBehind = keysOf(entry).some((key) => key.wanted() !== null);
      if (keysOf(entry).some((key) => key.canChange())) await this.#inTurn(() => this.#follow(entry));
      else if (isBehind && !entry.isBehind) this.#log(`${entry.name}: the key that the chain has for it is not here`);
      entry.isBehind = isBehind;
    }
  }

  /** A role is found at the address of its key, so it leaves before it has another. */
  async #follow(entry: Entry): Promise<void> {
    const { running } = entry;
    await apply(entry, false);
    for (const key of keysOf(entry)) key.change();
    this.#log(`${entry.name}: goes on with the key that the chain has for it`);
    if (running) await this.#begin(entry);
  }

  /** A key that serves two roles has one address in the network: the second stands still, and the others go on. */
  async #begin(entry: Entry): Promise<void> {
    try {
      await apply(entry, true);
      entry.fault = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== entry.fault) this.#log(`${entry.name}: cannot start: ${message}`);
      entry.fault = message;
    }
  }

  /** One change after the other. */
  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }
}

function keysOf({ signer, committeeSigner }: Entry) {
  return committeeSigner === null ? [signer] : [signer, committeeSigner];
}

async function apply(entry: Entry, running: boolean): Promise<void> {
  if (entry.running === running) return;
  await (running ? entry.service.start() : entry.service.stop());
  entry.running = running;
}

function controlOf(entry: Entry): RoleControl {
  const { name, kind, signer, running } = entry;
  const hasKey = keysOf(entry).every((key) => key.wanted() === null);
  return { name, kind, address: addressText(signer.address), running, hasKey };
}
