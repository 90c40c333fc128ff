import type { StakeKind } from '@assay/protocol';

/** Where keys must differ: among the roles of a kind, and among the committee keys of all mixers. */
export type KeyKind = Exclude<StakeKind, 'delegation' | 'backing'> | 'committee';

const keyOf = (kind: KeyKind, key: Uint8Array): string => `${kind}/${String.fromCharCode(...key)}`;

/** Which role has which key; of two that bring the same the second is refused (§3.1). */
export class RoleKeys {
  readonly #holders = new Map<string, number>();

  holderOf(kind: KeyKind, key: Uint8Array): number | undefined {
    return this.#holders.get(keyOf(kind, key));
  }

  take(kind: KeyKind, key: Uint8Array, role: number): void {
    this.#holders.set(keyOf(kind, key), role);
  }

  free(kind: KeyKind, key: Uint8Array): void {
    this.#holders.delete(keyOf(kind, key));
  }
}
