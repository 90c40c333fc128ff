import { isProven, type LedgerView, type SignedTransaction, type Verifier } from '@assay/ledger';
import { BatchHeader, type Certificate, type Offence, type Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';

/** Turns of each mixer that are remembered, the newest. */
const keptTurns = 32;
/** Batches of one turn that are held against the first: checking one takes milliseconds. */
const maxChecks = 4;

export interface TurnWatchOptions {
  readonly head: () => LedgerView;
  readonly verifier: Verifier;
  /** Told of each turn once. */
  readonly tell: (offence: Offence) => void;
}

interface Turn {
  readonly first: Certificate;
  checks: number;
}

/** Notices when a mixer signs two batches of one turn (§7.4.1), whichever of them a block takes. */
export class TurnWatch {
  readonly #options: TurnWatchOptions;
  /** By epoch and sequence, of each mixer. */
  readonly #turns = new Map<Ref<'mixers'>, Map<string, Turn>>();

  constructor(options: TurnWatchOptions) {
    this.#options = options;
  }

  /** `isSound`: whether the ledger takes or took it, certificate and all. */
  see({ content }: Pick<SignedTransaction, 'content'>, isSound: boolean): void {
    if (content.body.kind !== 'certifiedBatch') return;
    const { certificate } = content.body.value;
    const { mixer, epoch, sequence } = certificate.header;
    const row = this.#options.head().mixers.get(mixer);
    if (row === undefined) return;
    const turns = this.#turns.get(mixer) ?? new Map<string, Turn>();
    this.#turns.set(mixer, turns);
    const name = `${epoch}/${sequence}`;
    const known = turns.get(name);
    if (known !== undefined) {
      // Nobody but the mixer and who pays for a block can make others check what is refused.
      if (isSound || equalBytes(row.publicKey, content.publicKey)) this.#compare(known, certificate);
      return;
    }
    if (!isSound) return;
    turns.set(name, { first: certificate, checks: 0 });
    for (const oldest of turns.keys()) if (turns.size > keptTurns) turns.delete(oldest);
  }

  #compare(turn: Turn, second: Certificate): void {
    const { first } = turn;
    const isSame = equalBytes(BatchHeader.hashTreeRoot(first.header), BatchHeader.hashTreeRoot(second.header));
    if (isSame || turn.checks >= maxChecks) return;
    turn.checks += 1;
    const { head, verifier, tell } = this.#options;
    const offence: Offence = { kind: 'equivocation', value: { mixer: first.header.mixer, first, second } };
    if (!isProven(head(), offence, verifier)) return;
    turn.checks = maxChecks;
    tell(offence);
  }
}
