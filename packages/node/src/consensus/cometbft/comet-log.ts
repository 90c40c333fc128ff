import type { Runtime } from '@assay/roles/ports/runtime';

/** The same fault is told once in so long. */
const quietMs = 60_000;
const maxFaults = 64;

/** Reads what CometBFT writes: tells its faults, each once a minute, and remembers the last for when it ends. */
export class CometLog {
  readonly #runtime: Pick<Runtime, 'monotonicMs' | 'log'>;
  readonly #told = new Map<string, number>();
  #rest = '';
  #last = '';
  #hasFailed = false;

  constructor(runtime: Pick<Runtime, 'monotonicMs' | 'log'>) {
    this.#runtime = runtime;
  }

  /** The last fault; empty when there was none since it was started. */
  get lastFault(): string {
    return this.#last;
  }

  /** Whether it decides no more blocks, or begins with no state, although it runs: it leaves it to others to end it. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Hears that it was started again. */
  begin(): void {
    this.#rest = '';
    this.#last = '';
    this.#hasFailed = false;
  }

  read(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    // A line without an end must not fill the memory.
    this.#rest = (lines.pop() ?? '').slice(0, 65_536);
    for (const line of lines) this.#line(line.trim());
  }

  #line(line: string): void {
    const fault = faultOf(line);
    if (fault === null) return;
    // What follows a failure is not its reason.
    if (!this.#hasFailed) this.#last = fault;
    this.#hasFailed ||= /^(CONSENSUS FAILURE|State sync failed)/.test(fault);
    const now = this.#runtime.monotonicMs();
    const kind = fault.replaceAll(/[0-9A-Fa-f]{4,}|\d+/g, '#');
    const told = this.#told.get(kind);
    if (told !== undefined && now - told < quietMs) return;
    if (this.#told.size >= maxFaults) this.#told.clear();
    this.#told.set(kind, now);
    this.#runtime.log(`CometBFT: ${fault}`);
  }
}

/** What a line says that goes wrong; null when it says nothing of that. */
function faultOf(line: string): string | null {
  if (line.startsWith('{')) {
    try {
      const { level, _msg, err } = JSON.parse(line) as Record<string, unknown>;
      if (level !== 'error') return null;
      return [_msg, err]
        .filter((part) => typeof part === 'string' && part !== '')
        .join(': ')
        .slice(0, 400);
    } catch {
      return null;
    }
  }
  return /^(panic:|Error:|ERROR:|failed )/i.test(line) ? line.slice(0, 400) : null;
}
