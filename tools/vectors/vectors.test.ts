import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { epochJson } from '@assay/explain/json';
import { replayBlocks } from '@assay/explain/replay-blocks';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import { Genesis, type LedgerEvent } from '@assay/protocol';
import { protocolTypes } from '@assay/protocol/fixture';
import { fromHex, toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { blocksOf, type RecordedChain, recordedChains } from './chain.ts';
import { vectorFiles } from './vectors.ts';

const dir = join(import.meta.dirname, '../../spec/vectors');
const read = (name: string): string => readFileSync(join(dir, name), 'utf8');

interface TypeVector {
  readonly type: string;
  readonly bytes: string;
  readonly root: string;
  readonly json: unknown;
}

describe('spec/vectors', () => {
  it.each([...vectorFiles()])('%s is what the rules give (else: npm run vectors)', (name, text) => {
    expect(read(name)).toBe(text);
  });

  it('holds nothing that no test reads', () => {
    expect(readdirSync(dir).sort()).toEqual(
      [...vectorFiles().keys(), ...[...recordedChains.keys()].map((name) => `chain-${name}.json`)].sort(),
    );
  });

  const types: TypeVector[] = JSON.parse(read('types.json'));

  it('reads every encoding back to its root, and every JSON form to its bytes', () => {
    expect(new Set(types.map(({ type }) => type.split('.')[0]))).toEqual(new Set(protocolTypes.keys()));
    for (const { type: label, bytes, root, json } of types) {
      const type = protocolTypes.get(label.split('.')[0] ?? '');
      if (type === undefined) throw new Error(`there is no type ${label}`);
      const value = type.deserialize(fromHex(bytes) ?? new Uint8Array());
      expect([label, `0x${toHex(type.hashTreeRoot(value))}`]).toEqual([label, root]);
      expect([label, `0x${toHex(type.serialize(type.fromJson(json)))}`]).toEqual([label, bytes]);
    }
  });
});

describe('the recorded chains', () => {
  it.each([...recordedChains.keys()])(
    'of %s replays to its roots and payouts, signatures and all (§2.4)',
    async (name) => {
      const chain: RecordedChain = JSON.parse(read(`chain-${name}.json`));
      const blocks = blocksOf(chain);
      async function* all(): AsyncGenerator<Uint8Array> {
        yield* blocks;
      }
      const genesis = Genesis.fromJson(chain.genesis);
      const history = {
        source: 'spec/vectors',
        genesis,
        height: blocks.length,
        verifier: nativeVerifier,
        stateUpTo: async () => null,
        spanOf: async () => null,
        marked: async () => [],
        closeOf: async () => null,
        blocks: all,
      };
      const events: LedgerEvent[] = [];
      const codes = new Set<string>();
      for await (const { result } of replayBlocks(history, { fast: false })) {
        events.push(...result.events);
        for (const { code } of result.transactions) codes.add(code);
      }
      const closed = events.flatMap((event) => (event.type === 'epochClosed' ? [epochJson(event.close)] : []));
      expect(closed).toEqual(chain.closes);
      const reached = new Set(events.map(({ type }) => type));
      for (const type of ['taskPaid', 'taskRejected', 'epochClosed'] as const) {
        expect([type, reached.has(type)]).toEqual([type, true]);
      }
      for (const code of ['OK', 'CANNOT_PAY_FEE', 'INSUFFICIENT_BALANCE']) expect(codes).toContain(code);
    },
  );
});
