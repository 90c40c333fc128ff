import { BurnKind, type BurnRow, type Params } from '@assay/protocol';
import { ALL_BPS, saturate } from '../arithmetic/integers.ts';
import { type Steps, WRITE } from '../arithmetic/pace.ts';
import type { Work } from './work.ts';

/** What the prices of a reward period's tasks burned, by all that the tasks name (economics §7.2). */
export class Burns {
  /** In the order of the rows of the state, new ones after them. */
  readonly #rows = new Map<string, Readonly<BurnRow>>();
  #totalUnits = 0n;

  /** Begins with what the epochs of the period before this one burned. */
  constructor(rows: Iterable<Readonly<BurnRow>>) {
    for (const row of rows) this.#put(row);
  }

  /** What all tasks burned. */
  get totalUnits(): bigint {
    return this.#totalUnits;
  }

  of(kind: BurnKind, role: number): bigint {
    return this.#rows.get(keyOf(kind, role))?.units ?? 0n;
  }

  /** Adds what one task burned. */
  add(roles: Readonly<Record<BurnKind, number>>, units: bigint): void {
    if (units === 0n) return;
    for (const kind of BurnKind.words) this.#put({ kind, role: roles[kind], units });
  }

  /** Writes it down for the epochs after. */
  *keep({ pace, write }: Pick<Work, 'pace' | 'write'>): Steps {
    for (const [index, row] of [...this.#rows.values()].entries()) {
      write(({ burns }) => {
        if (index === burns.length) burns.push(row);
        else if (burns.at(index).units !== row.units) burns.set(index, row);
      });
      if (pace.isSpent(WRITE)) yield;
    }
  }

  #put(row: Readonly<BurnRow>): void {
    const key = keyOf(row.kind, row.role);
    const before = this.#rows.get(key)?.units ?? 0n;
    this.#rows.set(key, { ...row, units: saturate(before + row.units) });
    if (row.kind === 'domain') this.#totalUnits += row.units;
  }
}

function keyOf(kind: BurnKind, role: number): string {
  return `${kind}/${role}`;
}

/** What may be minted for what was burned, of a stack of `stackBps` (economics §7.2, §7.4). */
export function mintable(burnedUnits: bigint, { wash }: Pick<Params, 'wash'>, stackBps: number): bigint {
  return (burnedUnits * BigInt(wash.mintOfBurnBps) * BigInt(stackBps)) / (BigInt(ALL_BPS) * BigInt(ALL_BPS));
}

/** The most that a role gets of a stack; null where the schedule alone decides (economics §7.4). */
export type Limit = ((role: number) => bigint) | null;

/** What limits the roles of one kind in a stack of `stackBps`. */
export function limitOf(burns: Burns, params: Pick<Params, 'wash'>, kind: BurnKind, stackBps: number): Limit {
  if (params.wash.mintOfBurnBps === 0) return null;
  return (role) => mintable(burns.of(kind, role), params, stackBps);
}
