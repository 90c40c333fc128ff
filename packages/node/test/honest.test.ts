import {
  type Artifact,
  Artifact as ArtifactType,
  ChatRole,
  EngineInfo,
  type InferencePayload,
  precommitHash,
} from '@assay/protocol';
import { structureFlaw } from '@assay/roles/audit/structure';
import { structureReference } from '@assay/roles/audit/structure-reference';
import { generateText, textPieces } from '@assay/roles/inference/output-text';
import { Generation, generateAgain, modelWorker } from '@assay/roles/miner/index';
import {
  beginTask,
  type MixerEffect,
  type MixerEvent,
  type MixerTask,
  newTask,
  stepTask,
} from '@assay/roles/mixer/task/state';
import type { ChatMessage, GenerateEvent, GenerateRequest, InferenceModel } from '@assay/roles/ports/inference';
import { decodeText, TextPieces } from '@assay/roles/utf8';
import { encodeText, equalBytes } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTemplate } from '../src/inference/llama/template.ts';

const patienceMs = 600_000;
/** A million by `npm run test:honest`. */
const engineInfo = EngineInfo.defaultValue();
const cases = Number(process.env['ASSAY_HONEST_CASES'] ?? 10_000);

/** Characters that text handling loses, joins, turns round or takes for its own marks. */
const hostile = [
  ...['\ufeff', '\ufffd', '\u200d', '\u0000', '\u202e', '\u0301', 'a\u0300', '\u{1f469}\u200d\u{1f467}', '\u00a0'],
  ...[
    ' ',
    '\n',
    '\v',
    '\ue0000\ue001',
    '<|im_end|>',
    '{{',
    '{%',
    'END',
    'EN',
    'E',
    'a',
    'ab',
    '€',
    '😀',
    'ß',
    '\u2028',
  ],
];
/** Bytes that are no text alone: halves of characters, encoded surrogates, overlong forms. */
const broken = [
  [0xef, 0xbb],
  [0xbf],
  [0xed, 0xa0, 0x80],
  [0xc0, 0x80],
  [0xf0, 0x9f],
  [0x98, 0x80],
  [0xff],
  [0xe2, 0x82],
];
const bytesOfToken = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...hostile.map(encodeText),
  ...broken.map((bytes) => Uint8Array.from(bytes)),
];
const textOf = (ids: readonly number[]) =>
  decodeText(Buffer.concat(ids.map((id) => bytesOfToken[id] ?? new Uint8Array(0))));
/** Some tokenizers drop the space a text begins with. */
const detokenize = (ids: readonly number[], before: readonly number[]) =>
  before.length === 0 ? textOf(ids).replace(/^ /, '') : textOf(ids);

const templates = [
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + message['content'] }}{% endfor %}",
  "{% for message in messages %}{{ message['content'] | trim }}\n{% endfor %}",
  '{{ messages[0].content }}{{ eos_token }}',
];

interface Case {
  readonly script: readonly number[];
  readonly template: string;
  readonly payload: InferencePayload;
  /** Tokens after which the client leaves; null when it stays. */
  readonly leavesAfter: number | null;
}

/** A model with one token for each byte and some for more, that says its script and then ends. */
function modelOf({ script, template }: Case): InferenceModel {
  const view = (id: number) => ({ id, text: textOf([id]), negLogprobMicro: 693_147 });
  return {
    contextTokens: 4096,
    vocabularySize: bytesOfToken.length,
    render: async (messages: readonly ChatMessage[]) =>
      renderTemplate(template, { bos: '', eos: '' }, messages).flatMap(({ text }) => [...encodeText(text)]),
    textPieces: async (ids: readonly number[]) => textPieces(detokenize, ids),
    generate: (request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> =>
      generateText(request, detokenize, async (step) => {
        signal.throwIfAborted();
        const id = script[step];
        return id === undefined ? null : { ...view(id), top: [view(id)] };
      }),
    score: () => Promise.reject(new Error('nothing is scored here')),
  };
}

function taskOf({ maxTokens, sampling }: InferencePayload): MixerTask {
  const deadlines = { prepareMs: 1, firstTokenMs: 1, generationMs: 1, generationPerTokenMs: 1, stallMs: 1 };
  const request = { session: 0, gateway: 0, requestHash: new Uint8Array(32), validUntilMs: 0 };
  const asked = {
    taskId: new Uint8Array(32),
    ticket: new Uint8Array(96),
    requestSignature: new Uint8Array(64),
    sampling,
    request: { ...request, maxTokensIn: 4096, maxTokensOut: maxTokens },
    terms: { kind: 'user' as const, model: 0, fileHash: new Uint8Array(32), priceInUnits: 1n, priceOutUnits: 1n },
    deadlines: { ...deadlines, commitMs: 1, lostMs: 1 },
    maxReassignments: 0,
    draw: [0],
    order: [0],
    drawHeight: 0,
  };
  return beginTask(newTask(asked, 0)).task;
}

/** The answer as miner, mixer and client have it, each by its own code. */
async function answer(each: Case): Promise<{ artifact: Artifact; effects: MixerEffect[]; heard: string }> {
  const { payload, leavesAfter } = each;
  const leaving = new AbortController();
  const run = new Generation();
  const client = new TextPieces();
  const effects: MixerEffect[] = [];
  let heard = '';
  let task = taskOf(payload);
  const dispatch = (event: MixerEvent) => {
    const step = stepTask(task, event);
    task = step.task;
    effects.push(...step.effects);
    for (const effect of step.effects) if (effect.type === 'forward') heard += client.push(effect.text);
  };
  const leave = () => {
    leaving.abort();
    dispatch({ type: 'clientLeft', nowMs: 0 });
  };
  dispatch({ type: 'prepared', accepted: true, nowMs: 0 });
  const bounds = { maxTokensIn: 4096, maxTokensOut: payload.maxTokens };
  for await (const event of generateAgain(
    modelWorker(modelOf(each), engineInfo),
    { payload, bounds },
    leaving.signal,
  )) {
    run.add(event);
    if (event.type !== 'begin') {
      const ids = event.type === 'tokens' ? event.tokens.map(({ id }) => id) : [];
      if (ids.length > 0 || event.text.length > 0) {
        dispatch({ type: 'piece', piece: { ids, text: event.text }, nowMs: 0 });
      }
    }
    if (run.tokens.length === leavesAfter && !leaving.signal.aborted) leave();
  }
  const facts = { taskId: new Uint8Array(32), miner: 0, fileHash: new Uint8Array(32), engine: engineInfo };
  const times = {
    seal: new Uint8Array(32),
    contextTokens: 4096,
    sampling: payload.sampling,
    firstTokenMs: 0,
    totalMs: 0,
  };
  const artifact = run.artifact({ ...facts, ...times });
  const [artifactRoot, salt] = [new Uint8Array(32), new Uint8Array(32)];
  const hash = precommitHash({ artifactRoot, salt, requestHash: new Uint8Array(32), model: 0 });
  dispatch({ type: 'precommit', hash, signature: new Uint8Array(64), nowMs: 0 });
  dispatch({ type: 'reveal', artifact, artifactRoot, salt, evidenceLevel: 2, nowMs: 0 });
  return { artifact, effects, heard: heard + client.flush() };
}

const texts = fc.array(fc.constantFrom(...hostile), { maxLength: 4 }).map((parts) => parts.join(''));
const tokens = fc.array(fc.oneof(fc.nat(255), fc.integer({ min: 256, max: bytesOfToken.length - 1 })), {
  maxLength: 40,
});
/** Stop sequences that mean trouble: parts of the answer, all of it, parts of each other. */
const stopsOf = (script: readonly number[]): fc.Arbitrary<string[]> => {
  const whole = [...textOf(script)];
  const part = fc
    .tuple(fc.nat(whole.length), fc.integer({ min: 1, max: 6 }))
    .map(([start, length]) => whole.slice(start, start + length).join(''));
  const one = fc.oneof(part, fc.constantFrom(...hostile));
  return fc.oneof(
    fc.constant<string[]>([]),
    fc.array(one, { maxLength: 4 }),
    one.map((stop): string[] => [stop, [...stop].slice(0, 1).join('')]),
    fc.constant<string[]>([whole.slice(0, 64).join('')]),
  );
};
const honestCase: fc.Arbitrary<Case> = tokens.chain((script) =>
  fc.record({
    script: fc.constant(script),
    template: fc.constantFrom(...templates),
    leavesAfter: fc.option(fc.integer({ min: 1, max: 41 })),
    payload: fc.record({
      messages: fc.array(fc.record({ role: fc.constantFrom(...ChatRole.words), content: texts }), {
        minLength: 1,
        maxLength: 3,
      }),
      maxTokens: fc.integer({ min: 1, max: 42 }),
      sampling: fc.constant({ temperatureMicro: 0, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 0 }),
      stop: stopsOf(script),
      topLogprobs: fc.constant(0),
      nonce: fc.constant(new Uint8Array(32)),
    }),
  }),
);

describe('an honest answer', () => {
  it(
    'to any request is never malformed, and is what the client heard (verification §2.1)',
    async () => {
      await fc.assert(
        fc.asyncProperty(honestCase, async (each) => {
          const { artifact, effects, heard } = await answer(each);
          const asked = { payload: each.payload, outputIds: artifact.windows.flatMap(({ ids }) => ids) };
          const reference = await structureReference(modelOf(each), { ...asked, contextTokens: 4096 });
          expect(structureFlaw(artifact, reference)).toBeNull();
          expect(effects.at(-2)?.type).toBe('finish');
          expect(heard).toBe(decodeText(artifact.text));
        }),
        { numRuns: cases },
      );
    },
    patienceMs + cases * 10,
  );

  it('keeps its bytes on the way to the auditor', () => {
    const text = encodeText('\ufeffa\ufffd');
    const artifact = { ...ArtifactType.defaultValue(), text };
    expect(equalBytes(ArtifactType.deserialize(ArtifactType.serialize(artifact)).text, text)).toBe(true);
  });
});
