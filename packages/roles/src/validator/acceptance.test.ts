import { ModelRow } from '@assay/protocol';
import { expect, it } from 'vitest';
import type { InferenceModel } from '../ports/inference.ts';
import { keepsItsTerms } from './acceptance.ts';
import type { Measuring } from './measure.ts';

const registered = { ...ModelRow.defaultValue(), contextTokens: 512, fileHash: new Uint8Array(32).fill(6) };
const model = {
  contextTokens: 512,
  render: async () => [1],
  generate: async function* () {
    yield { type: 'tokens' };
  },
} as unknown as InferenceModel;

/** A validator that has the file once it is fetched; what it did, in order. */
function fetching(isThere: boolean): { readonly measuring: Measuring; readonly done: string[] } {
  const done: string[] = [];
  const engine = { name: 'none' } as unknown as Measuring['engine'];
  const open = async () => {
    done.push('open');
    return isThere && done.includes('fetch') ? model : null;
  };
  const fetch = async () => void done.push('fetch');
  return { measuring: { engine, open, fetch }, done };
}

it('is confirmed when a panel’s member can fetch it, and not when nobody has it (§4.5.1)', async () => {
  const has = fetching(true);
  expect(await keepsItsTerms(registered, has.measuring)).toBe(true);
  expect(has.done).toEqual(['open', 'fetch', 'open']);
  expect(await keepsItsTerms(registered, fetching(false).measuring)).toBe(false);
  const { fetch, ...alone } = fetching(true).measuring;
  expect([fetch === undefined, await keepsItsTerms(registered, alone)]).toEqual([false, false]);
});
