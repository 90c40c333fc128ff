import type { PeerId } from '@assay/roles/ports/network';

/** Peers whose programs are known, and sentences that were said; the oldest are forgotten. */
const most = 4096;

/** Which program each peer runs, by its own word, and what is said where two versions do not fit (§5.31). */
export class Programs {
  readonly own: string;
  readonly #log: (line: string) => void;
  readonly #known = new Map<PeerId, string>();
  readonly #said = new Set<string>();

  constructor(own: string, log: (line: string) => void) {
    this.own = own;
    this.#log = log;
  }

  /** A stranger may send any text. */
  runs(peer: PeerId, program: string | undefined): void {
    this.#known.delete(peer);
    this.#known.set(peer, /^assay\/[\w.+-]{1,32}$/.test(program ?? '') ? (program ?? '') : 'another program');
    forgetOldest(this.#known);
  }

  /** A peer sent what nobody here can read. */
  unreadable(peer: PeerId, where: string, what: string): void {
    this.#say(`${peer} ${where}`, `peer ${peer}: on ${where} it sent ${what}. ${this.#versions(peer)}`);
  }

  /** Why a peer does not take streams of a protocol, where it speaks another version of it; null where it does not. */
  refusal(peer: PeerId, protocol: string, spoken: readonly string[]): string | null {
    const name = protocol.slice(0, protocol.lastIndexOf('/') + 1);
    const other = spoken.find((each) => each.startsWith(name) && /^\d{1,9}$/.test(each.slice(name.length)));
    if (other === undefined || spoken.includes(protocol)) return null;
    const why = `was refused: it speaks ${other}, and not ${protocol}. ${this.#versions(peer)}`;
    this.#say(`${peer} ${protocol}`, `the stream to ${peer} ${why}`);
    return why;
  }

  #versions(peer: PeerId): string {
    const theirs = this.#known.get(peer) ?? 'a program that has not said which';
    const cure = theirs === this.own ? '' : ' Both sides need versions that fit: install the newer one.';
    return `It runs ${theirs}, and this is ${this.own}.${cure}`;
  }

  #say(key: string, line: string): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    forgetOldest(this.#said);
    this.#log(line);
  }
}

function forgetOldest(held: Map<string, unknown> | Set<string>): void {
  const [oldest] = held.keys();
  if (held.size > most && oldest !== undefined) held.delete(oldest);
}
