import type { BodyValues, StakeKind } from '@assay/protocol';

/** The kinds of roles that have keys, miners among them. */
export const keyKinds = ['miner', 'mixer', 'oracle', 'validator', 'gateway'] as const satisfies StakeKind[];
/** Where keys must differ: among the roles of a kind, and among the committee keys of all mixers. */
export type KeyKind = (typeof keyKinds)[number] | 'committee';

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

type Keyed = Iterable<{ readonly publicKey: Uint8Array }>;

/** What a state keeps of keys: those of its roles, and those announced for the next epoch (§3.6). */
interface KeyTables extends Readonly<Record<`${Exclude<KeyKind, 'committee'>}s`, Keyed>> {
  readonly mixers: Iterable<{ readonly publicKey: Uint8Array; readonly blsPublicKey: Uint8Array }>;
  readonly keyChanges: Iterable<BodyValues['rotateKey']>;
  readonly committeeKeyChanges: Iterable<BodyValues['rotateCommitteeKey']>;
}

export function roleKeysOf(tables: KeyTables): RoleKeys {
  const keys = new RoleKeys();
  for (const kind of keyKinds) {
    let role = 0;
    for (const { publicKey } of tables[`${kind}s`]) keys.take(kind, publicKey, role++);
  }
  let mixer = 0;
  for (const { blsPublicKey } of tables.mixers) keys.take('committee', blsPublicKey, mixer++);
  for (const { kind, role, publicKey } of tables.keyChanges) {
    const word = keyKinds.find((each) => each === kind);
    if (word !== undefined) keys.take(word, publicKey, role);
  }
  for (const change of tables.committeeKeyChanges) keys.take('committee', change.blsPublicKey, change.mixer);
  return keys;
}
