import { type Artifact, Artifact as ArtifactType, artifactVersion, type InferencePayload } from '@assay/protocol';
import { encodeText } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { windowsOf } from '../miner/index.ts';
import { flawOf } from './flaws.ts';
import { type StructureReference, structureFlaw } from './structure.ts';

const pieces = (...texts: string[]) => texts.map(encodeText);
const micro = (mass: number) => Math.round(-Math.log(mass) * 1e6);
const sampling = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 4 };

const payload: InferencePayload = {
  messages: [{ role: 'user', content: 'hi' }],
  maxTokens: 3,
  sampling,
  stop: [],
  topLogprobs: 0,
  nonce: new Uint8Array(32),
};
const token = (id: number) => ({
  id,
  text: '',
  negLogprobMicro: micro(0.5),
  top: [
    { id, text: '', negLogprobMicro: micro(0.5) },
    { id: id + 1, text: '', negLogprobMicro: micro(0.25) },
  ],
});
const sound: Artifact = {
  ...ArtifactType.defaultValue(),
  version: artifactVersion,
  promptIds: [7, 8],
  windows: windowsOf([token(1), token(2), token(3)]),
  sampling,
  finish: 'length',
  tokensIn: 2,
  tokensOut: 3,
  text: encodeText('abc'),
};
const reference: StructureReference = {
  payload,
  vocabularySize: 100,
  contextTokens: 50,
  promptIds: [7, 8],
  pieces: pieces('a', 'b', 'c', ''),
};

const [window] = sound.windows;
if (window === undefined) throw new Error('the sound artifact has a window');
const withWindow = (change: Partial<typeof window>): Partial<Artifact> => ({ windows: [{ ...window, ...change }] });
const withTop = (ids: number[], masses: number[]): Partial<Artifact> => {
  const pad = <T>(values: T[], filler: T) => [...values, ...Array(5 - values.length).fill(filler)];
  const first = { ids: pad(ids, 0xffff_ffff), negLogprobs: pad(masses.map(micro), 0xffff_ffff) };
  return withWindow({ top: [first, ...window.top.slice(1)] });
};

describe('the structure of an artifact (verification §2.1)', () => {
  it('is sound when it is what was asked', () => {
    expect(structureFlaw(sound, reference)).toBeNull();
  });

  it.each<[string, Partial<Artifact>, string]>([
    ['unknown version', { version: 9 }, 'unknown version'],
    ['another seed', { sampling: { ...sampling, seed: 5 } }, 'other sampling'],
    ['another prompt', { promptIds: [7, 9] }, 'another prompt'],
    ['wrong counts', { tokensOut: 2 }, 'wrong token counts'],
    [
      'an id outside the vocabulary',
      { windows: windowsOf([token(1), token(2), token(100)]) },
      'outside the vocabulary',
    ],
    ['missing probabilities', withWindow({ chosenNegLogprobs: [1] }), 'probabilities are missing'],
    ['unsorted alternatives', withTop([1, 2], [0.3, 0.4]), 'unsorted'],
    ['an alternative twice', withTop([1, 1], [0.5, 0.25]), 'impossible alternatives'],
    ['too much probability', withTop([1, 2], [0.9, 0.9]), 'more probability than there is'],
    ['two probabilities for the chosen', withTop([1, 2], [0.6, 0.2]), 'two probabilities'],
    ['a likely token left out', withTop([8, 9], [0.4, 0.3]), 'should be among the alternatives'],
    ['another text', { text: encodeText('abd') }, 'another text'],
    ['a text cut for no reason', { text: encodeText('ab') }, 'another text'],
    [
      'an early end by length',
      { windows: windowsOf([token(1)]), tokensOut: 1, text: encodeText('abc') },
      'before its length',
    ],
  ])('is flawed by %s', (_, change, flaw) => {
    const found = structureFlaw({ ...sound, ...change }, reference) ?? '';
    expect(found).toContain(flaw);
    expect(flawOf(found)).not.toBe('other');
  });

  it('ends the text where the generator does at a stop sequence, and only there', () => {
    const stopping = { ...reference, payload: { ...payload, stop: ['c'] } };
    const stopped = { ...sound, text: encodeText('ab'), finish: 'stop' as const };
    expect(structureFlaw(stopped, stopping)).toBeNull();
    expect(structureFlaw({ ...stopped, text: encodeText('a') }, stopping)).toContain('another text');
    expect(structureFlaw({ ...stopped, text: encodeText('abc') }, stopping)).toContain('another text');
    expect(structureFlaw({ ...stopped, finish: 'length' }, stopping)).toContain('not by its length');
    const early = { ...stopping, pieces: pieces('a', 'c', 'c', '') };
    expect(structureFlaw({ ...stopped, text: encodeText('a') }, early)).toContain('tokens beyond the end');
  });

  it.each([
    ['a byte order mark', '\ufeff'],
    ['a replacement character', '\ufffd'],
    ['nothing', ''],
  ])('is not flawed by a stop sequence of %s that is not there', (_, stop) => {
    const stopping = { ...reference, payload: { ...payload, stop: [stop] } };
    expect(structureFlaw(sound, stopping)).toBeNull();
  });

  it('keeps a byte order mark, and a character that was never completed', () => {
    const marked = { ...reference, pieces: pieces('\ufeff', 'b', '', '\ufffd') };
    expect(structureFlaw({ ...sound, text: encodeText('\ufeffb\ufffd') }, marked)).toBeNull();
    expect(structureFlaw({ ...sound, text: encodeText('b\ufffd') }, marked)).toContain('another text');
  });

  it('gives a cancelled answer what was streamed, without what was withheld', () => {
    const cancelled = { ...sound, finish: 'cancelled' as const };
    const withheld = { ...reference, pieces: pieces('a', 'b', '', 'c') };
    expect(structureFlaw({ ...cancelled, text: encodeText('ab') }, withheld)).toBeNull();
    expect(structureFlaw({ ...cancelled, text: encodeText('abc') }, withheld)).toContain('another text');
  });

  it('has no sound answer to what the model refuses', () => {
    expect(structureFlaw(sound, { ...reference, promptIds: null })).toContain('refuses');
  });

  it('refuses more tokens than were asked for, and windows that are not full', () => {
    const long = { ...reference, payload: { ...payload, maxTokens: 2 } };
    expect(structureFlaw(sound, long)).toContain('more tokens');
    const split = { ...sound, windows: [...windowsOf([token(1)]), ...windowsOf([token(2), token(3)])] };
    expect(structureFlaw(split, reference)).toContain('window of the wrong size');
  });
});
